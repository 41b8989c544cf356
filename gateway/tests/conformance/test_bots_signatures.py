"""What we say and how we sign, read by the libraries of Twilio and Plivo that a bot would use."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from plivo.utils import signature_v3, validate_v3_signature
from plivo_stream import types as plivo_types
from twilio.request_validator import RequestValidator

from callers import NUMBERS, Callers, calling, toml_agent
from carrier import FRAME_BYTES
from farends import Bot, Call, bot

TWILIO_TOKEN = "twilio-auth-token-0123456789-twilio"
PLIVO_TOKEN = "plivo-auth-token-0123456789-plivo0"
PARAMETERS = {"campaign": "spring", "caller": "{{caller}}"}
FRAMES = 25


def answer(call: Call) -> None:
    """Waits for a key, then plays, marks and clears in the dialect of its path."""
    call.wait("start")
    call.wait("dtmf")
    silence = base64.b64encode(b"\xff" * FRAME_BYTES * FRAMES).decode()
    if call.path.startswith("/plivo"):
        stream = call.messages[0]["start"]["streamId"]
        media = {"contentType": "audio/x-mulaw", "sampleRate": 8_000, "payload": silence}
        call.send(event="playAudio", media=media)
        call.send(event="checkpoint", streamId=stream, name="played")
        call.wait("playedStream")
        call.send(event="playAudio", media=media)
        call.send(event="checkpoint", streamId=stream, name="cleared")
        call.send(event="clearAudio", streamId=stream)
        call.wait("clearedAudio")
        call.send(event="playAudio", media=media)
    else:
        stream = next(m for m in call.messages if m["event"] == "start")["streamSid"]
        call.send(event="media", streamSid=stream, media={"payload": silence})
        call.send(event="mark", streamSid=stream, mark={"name": "played"})
        call.wait("mark")
        call.send(event="media", streamSid=stream, media={"payload": silence})
    call.read_to_close()


@pytest.fixture(scope="module")
def far_end() -> Iterator[Bot]:
    with bot(answer) as running:
        yield running


@pytest.fixture(scope="module")
def callers(far_end: Bot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    twilio = {
        "url": far_end.url("/twilio"),
        "dialect": "twilio",
        "auth_token": TWILIO_TOKEN,
        "parameters": PARAMETERS,
    }
    plivo = {"url": far_end.url("/plivo"), "dialect": "plivo", "auth_token": PLIVO_TOKEN}
    agents = toml_agent("twilio", bot=twilio)
    agents += toml_agent("plivo", bot=plivo | {"parameters": PARAMETERS})
    agents += toml_agent("unsigned", bot={"url": far_end.url("/twilio"), "dialect": "twilio"})
    home = tmp_path_factory.mktemp("signatures")
    with calling(home, agents, [far_end.address], secrets=(TWILIO_TOKEN, PLIVO_TOKEN)) as placed:
        yield placed


def place(callers: Callers, far_end: Bot, agent: str) -> Call:
    """A call of a carrier: some audio, a key, whatever the bot plays, and the end."""
    with callers.twilio(agent) as stream:
        stream.speak(b"\x80" * FRAME_BYTES * FRAMES)
        stream.press("1")
        stream.echo_mark(stream.wait_message("mark")["mark"]["name"])
        # The bot goes on once it has been told. Of what it clears a lead at most is heard.
        stream.wait_until(lambda: len(stream.heard) >= 2 * FRAME_BYTES * FRAMES)
        stream.stop()
    return far_end.next_call("/plivo" if agent == "plivo" else "/twilio")


def test_twilios_library_validates_the_upgrade(callers: Callers, far_end: Bot) -> None:
    call = place(callers, far_end, "twilio")
    signature = call.headers["X-Twilio-Signature"]
    # Twilio dials nothing but `wss:`, whatever a proxy makes of it.
    url = f"wss://{far_end.address}/twilio"
    assert RequestValidator(TWILIO_TOKEN).validate(url, {}, signature)
    assert not RequestValidator("another token").validate(url, {}, signature)
    assert not RequestValidator(TWILIO_TOKEN).validate(url + "/", {}, signature)


def test_without_a_token_nothing_is_signed(callers: Callers, far_end: Bot) -> None:
    call = place(callers, far_end, "unsigned")
    assert "X-Twilio-Signature" not in call.headers
    assert "X-Plivo-Signature-V3" not in call.headers


def test_twilios_messages_are_those_of_its_reference(callers: Callers, far_end: Bot) -> None:
    """https://www.twilio.com/docs/voice/media-streams/websocket-messages: all counters are strings, from 1."""
    messages = place(callers, far_end, "twilio").messages
    connected, start = messages[:2]
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    sid = start["streamSid"]
    assert sid.startswith("MZ")
    assert len(sid) == 34
    assert start["sequenceNumber"] == "1"
    body = start["start"]
    assert set(body) == {"accountSid", "streamSid", "callSid", "tracks", "mediaFormat", "customParameters"}
    assert body["streamSid"] == sid
    assert body["tracks"] == ["inbound"]
    assert body["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert body["customParameters"]["campaign"] == PARAMETERS["campaign"]
    assert body["customParameters"]["caller"] == body["customParameters"]["from"] == NUMBERS["from"]
    assert body["customParameters"]["to"] == NUMBERS["to"]
    media = [m["media"] for m in messages if m["event"] == "media"]
    assert [m["chunk"] for m in media] == [str(number + 1) for number in range(len(media))]
    assert [int(m["timestamp"]) for m in media] == [20 * number for number in range(len(media))]
    assert {m["track"] for m in media} == {"inbound"}
    numbers = [int(m["sequenceNumber"]) for m in messages[1:]]
    assert numbers == list(range(1, len(messages)))
    (dtmf,) = [m["dtmf"] for m in messages if m["event"] == "dtmf"]
    assert dtmf == {"track": "inbound_track", "digit": "1"}
    (mark,) = [m["mark"] for m in messages if m["event"] == "mark"]
    assert mark == {"name": "played"}
    assert messages[-1]["event"] == "stop"
    assert messages[-1]["stop"] == {"accountSid": body["accountSid"], "callSid": body["callSid"]}


def test_plivos_types_parse_every_message(callers: Callers, far_end: Bot) -> None:
    messages = place(callers, far_end, "plivo").messages
    models = {
        "start": plivo_types.StartEvent,
        "media": plivo_types.MediaEvent,
        "dtmf": plivo_types.DtmfEvent,
        "playedStream": plivo_types.PlayedStreamEvent,
        "clearedAudio": plivo_types.ClearedAudioEvent,
    }
    parsed = [models[message["event"]](**message) for message in messages]
    start = parsed[0]
    assert isinstance(start, plivo_types.StartEvent), "Plivo says no `connected`"
    assert start.start.media_format.encoding == "audio/x-mulaw"
    assert start.start.media_format.sample_rate == 8_000
    assert start.extra_headers is not None
    assert f"campaign={PARAMETERS['campaign']}" in start.extra_headers
    # Ints, which a model would have made of strings as well.
    assert all(type(message["sequenceNumber"]) is int for message in messages)
    assert type(messages[0]["start"]["mediaFormat"]["sampleRate"]) is int
    heard = b"".join(base64.b64decode(p.media.payload) for p in parsed if isinstance(p, plivo_types.MediaEvent))
    # Time goes on for the bot while the caller is silent.
    assert heard.rstrip(b"\xff") == b"\x80" * FRAME_BYTES * FRAMES
    played = [p.name for p in parsed if isinstance(p, plivo_types.PlayedStreamEvent)]
    assert played == ["played"], "a checkpoint of what was cleared is not returned"
    assert sum(isinstance(p, plivo_types.ClearedAudioEvent) for p in parsed) == 1
    assert json.loads(json.dumps(messages[-1]))["event"] != "stop", "Plivo closes without a word"


def test_plivos_library_validates_the_upgrade(callers: Callers, far_end: Bot) -> None:
    """Which address Plivo signs is not published. Its SDK for bots validates the first of these; others may others."""
    call = place(callers, far_end, "plivo")
    nonce, signatures = call.headers["X-Plivo-Signature-V3-Nonce"], call.headers["X-Plivo-Signature-V3"]
    rest = far_end.url("/plivo").removeprefix("ws")
    assert validate_v3_signature("GET", f"http{rest}/websocket", nonce, PLIVO_TOKEN, signatures)
    assert not validate_v3_signature("GET", f"http{rest}/websocket", nonce, "another token", signatures)
    assert not validate_v3_signature("GET", f"http{rest}/other", nonce, PLIVO_TOKEN, signatures)
    for address in (f"http{rest}", f"https{rest}", f"https{rest}/websocket", f"wss{rest}", f"wss{rest}/websocket"):
        assert plivo_signature(address, nonce) in signatures.split(","), address


def plivo_signature(url: str, nonce: str) -> str:
    canonical = signature_v3.construct_get_url(url, {}).decode()
    return signature_v3.get_signature_v3(PLIVO_TOKEN, canonical, nonce).decode()

