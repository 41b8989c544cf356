"""The WSS telephony bridge, message by message as its vendor publishes them, with bots that do one thing each."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callers import NUMBERS, Callers, calling, toml_agent
from carrier import FRAME_BYTES
from farends import Bot, Call, bot

HEADER = "bridge-header-0123456789-bridge-header"
FRAMES = 50
NEXT_BOT = b"\x10\x20" * 160
FIRST_MESSAGE = {"type": "session.start", "from": "{{caller}}", "to": "{{did}}", "sessionId": "{{sessionId}}", "n": 7}


def echo(call: Call) -> None:
    while True:
        message = call.read()
        if isinstance(message, bytes):
            call.socket.send(message)
        elif message["event"] == "media":
            call.send(type="response.audio.delta", delta=message["media"]["payload"])


def hang_up(call: Call) -> None:
    call.wait("dtmf")
    call.play(bytes(320 * FRAMES))
    call.send(type="session.hangup")
    call.read_to_close()


def asking(**message: Any) -> Callable[[Call], None]:
    """A bot that asks for this at the first key, and then gives back what it hears."""

    def play(call: Call) -> None:
        call.wait("dtmf")
        call.send(**message)
        echo(call)

    return play


def hang_up_and_go(call: Call) -> None:
    """Closes at once, as a bot does whose handler is done."""
    call.wait("dtmf")
    call.play(bytes(320 * FRAMES))
    call.send(type="session.hangup")


def superset(call: Call) -> None:
    """Media, mark and clear as Exotel's bots write them."""
    stream = call.wait("start")["stream_sid"]
    call.wait("dtmf")
    half = base64.b64encode(NEXT_BOT).decode()
    call.send(event="media", stream_sid=stream, media={"payload": half, "chunk": "1", "timestamp": "0"})
    call.send(event="mark", stream_sid=stream, mark={"name": "played"})
    call.wait("mark")
    call.play(bytes(16_000 * 5))
    call.send(event="mark", stream_sid=stream, mark={"name": "cleared"})
    call.send(event="clear", stream_sid=stream)
    call.wait("mark")
    call.send(type="session.hangup")
    call.read_to_close()


def odd_pieces(call: Call) -> None:
    """Pieces that cut samples in two, by turns as text and bare."""
    call.wait("dtmf")
    said = noise(9, 320 * FRAMES)
    dice = random.Random(10)
    at = 0
    while at < len(said):
        piece = said[at : at + dice.randrange(1, 999)]
        at += len(piece)
        if dice.random() < 0.5:
            call.play(piece)
        else:
            call.socket.send(piece)
    call.read_to_close()


def next_bot(call: Call) -> None:
    call.wait("start")
    call.play(NEXT_BOT)
    echo(call)


PLAYS = {
    "/echo": echo,
    "/hangup": hang_up,
    "/hangup_and_go": hang_up_and_go,
    "/superset": superset,
    "/odd": odd_pieces,
    "/next": next_bot,
    "/transfer": asking(type="session.transfer", destination="+15550101"),
    "/several": asking(type="session.transfer", destination=["+15550101", "+15550102"], strategy="sequential"),
    "/extension": asking(type="session.transfer_extension", extension="101"),
    "/flow": asking(type="session.flow_transfer", flow_id="booking"),
    "/no_flow": asking(type="session.flow_transfer", flow_id="nowhere"),
}


def noise(seed: int, count: int) -> bytes:
    return random.Random(seed).randbytes(count)


@pytest.fixture(scope="module")
def far_end() -> Iterator[Bot]:
    def play(call: Call) -> None:
        if call.path == "/hand_over":
            asking(type="session.transfer_ws", url=running.url("/next"))(call)
        else:
            PLAYS[call.path](call)

    with bot(play) as running:
        yield running


@pytest.fixture(scope="module")
def callers(far_end: Bot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    def agent(name: str, path: str, **more: object) -> str:
        return toml_agent(name, bot={"url": far_end.url(path), "dialect": "ivr"} | more)

    agents = "".join(agent(path.removeprefix("/"), path) for path in [*PLAYS, "/hand_over"] if path != "/echo")
    agents += agent("ivr", "/echo", wss_header=f"X-Bridge: {HEADER}")
    agents += agent("slow_frames", "/echo", frame_ms=100)
    agents += agent("bare", "/echo", binary=True)
    agents += agent("first", "/echo", session_start_message=FIRST_MESSAGE)
    with calling(tmp_path_factory.mktemp("bridge"), agents, [far_end.address], secrets=(HEADER,)) as placed:
        yield placed


@pytest.fixture(autouse=True)
def forget(far_end: Bot) -> None:
    while not far_end.calls.empty():
        far_end.next_call()


def place_echo(callers: Callers, far_end: Bot, agent: str) -> Call:
    """A carrier's call of a second of silence and a key, heard again; the bot's side of it."""
    said = b"\xff" * FRAME_BYTES * FRAMES
    with callers.twilio(agent) as stream:
        stream.speak(said)
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        stream.press("5")
        assert stream.stop() == 1000
    return far_end.next_call("/echo")


def test_every_message_to_the_bot(callers: Callers, far_end: Bot) -> None:
    call = place_echo(callers, far_end, "ivr")
    assert call.headers["X-Bridge"] == HEADER
    assert "Sec-WebSocket-Protocol" not in call.headers
    connected, start, *rest = call.messages
    assert connected == {"event": "connected"}
    sid, call_sid = start["stream_sid"], start["start"]["call_sid"]
    assert sid
    assert call_sid
    assert start == {
        "event": "start",
        "sequence_number": 1,
        "stream_sid": sid,
        "start": {
            "stream_sid": sid,
            "call_sid": call_sid,
            "from": NUMBERS["from"],
            "to": NUMBERS["to"],
            "media_format": {"encoding": "raw/slin", "sample_rate": 8000},
        },
    }
    media = [message for message in rest if message["event"] == "media"]
    for number, message in enumerate(media):
        assert set(message) == {"event", "sequence_number", "stream_sid", "media"}
        assert set(message["media"]) == {"chunk", "timestamp", "payload"}
        assert message["media"]["chunk"] == number + 1
        assert message["media"]["timestamp"] == str(20 * number)
        assert len(base64.b64decode(message["media"]["payload"])) == 320
    assert len(media) >= FRAMES
    (dtmf,) = [message for message in rest if message["event"] == "dtmf"]
    assert set(dtmf) == {"event", "sequence_number", "stream_sid", "dtmf"}
    assert dtmf["dtmf"]["digit"] == "5"
    assert int(dtmf["dtmf"]["duration"]) > 0
    assert isinstance(dtmf["dtmf"]["duration"], str)
    stop = rest[-1]
    assert stop == {
        "event": "stop",
        "sequence_number": stop["sequence_number"],
        "stream_sid": sid,
        "stop": {"call_sid": call_sid, "reason": "callended"},
    }
    assert {message["stream_sid"] for message in rest} == {sid}
    assert [message["sequence_number"] for message in call.messages[1:]] == list(range(1, len(call.messages)))


def test_the_socket_is_closed_with_1000_after_stop(callers: Callers, far_end: Bot) -> None:
    call = place_echo(callers, far_end, "ivr")
    assert call.socket.close_code == 1000


def test_packets_of_100_ms(callers: Callers, far_end: Bot) -> None:
    call = place_echo(callers, far_end, "slow_frames")
    media = [message["media"] for message in call.messages if message["event"] == "media"]
    assert {len(base64.b64decode(one["payload"])) for one in media[:-1]} == {1_600}
    assert [one["timestamp"] for one in media] == [str(100 * number) for number in range(len(media))]


def test_bare_audio(callers: Callers, far_end: Bot) -> None:
    call = place_echo(callers, far_end, "bare")
    assert len(call.binary) >= 320 * FRAMES
    assert set(call.binary) == {0}
    assert not any(message["event"] == "media" for message in call.messages)


def test_a_first_message_of_the_bots_own(callers: Callers, far_end: Bot) -> None:
    with callers.twilio("first") as stream:
        stream.speak(b"\xff" * FRAME_BYTES)
        stream.wait_until(lambda: len(stream.heard) >= FRAME_BYTES)
        stream.stop()
    call = far_end.next_call("/echo")
    first = next(message for message in call.messages if "type" in message)
    assert (first["from"], first["to"], first["n"]) == (NUMBERS["from"], NUMBERS["to"], 7)
    assert first["sessionId"]
    assert "{{" not in json.dumps(first)
    assert not any(message["event"] == "start" for message in call.messages)


@pytest.mark.parametrize("agent", ["hangup", "hangup_and_go"])
def test_what_was_said_before_hanging_up_is_played(callers: Callers, agent: str) -> None:
    with callers.omni(agent) as session:
        session.control(type="dtmf", digit="1")
        assert session.read_to_close() == 1000
        assert len(session.heard) >= 320 * FRAMES


def test_pieces_of_any_length_as_text_and_bare(callers: Callers) -> None:
    said = noise(9, 320 * FRAMES)
    with callers.omni("odd") as session:
        session.control(type="dtmf", digit="1")
        session.wait_until(lambda: len(session.heard) >= len(said))
        assert session.heard == said


def test_media_mark_and_clear_as_a_carrier_writes_them(callers: Callers, far_end: Bot) -> None:
    with callers.omni("superset") as session:
        session.control(type="dtmf", digit="1")
        assert session.read_to_close() == 1000
        assert bytes(session.heard).startswith(NEXT_BOT)
        assert len(session.heard) < len(NEXT_BOT) + 16_000 * 5
    marks = [message for message in far_end.next_call("/superset").messages if message["event"] == "mark"]
    assert [mark["mark"]["name"] for mark in marks] == ["played", "cleared"]
    assert all(set(mark) == {"event", "sequence_number", "stream_sid", "mark"} for mark in marks)


TRANSFERS = {"transfer": "+15550101", "several": "+15550101,+15550102", "extension": "101"}


@pytest.mark.parametrize("agent", TRANSFERS)
def test_transfers_where_the_callers_side_can(callers: Callers, far_end: Bot, agent: str) -> None:
    with callers.omni(agent) as session:
        session.control(type="dtmf", digit="1")
        assert session.wait_event("transfer_to_human")["destination"] == TRANSFERS[agent]
        assert session.read_to_close() == 1000
    assert far_end.next_call(f"/{agent}").messages[-1]["event"] == "stop"


@pytest.mark.parametrize("agent", [*TRANSFERS, "no_flow"])
def test_transfers_that_cannot_be_made(callers: Callers, far_end: Bot, agent: str) -> None:
    said = b"\x80" * FRAME_BYTES * FRAMES
    with callers.twilio(agent) as stream:
        stream.press("1")
        stream.speak(said)
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        stream.stop()
    call = far_end.next_call(f"/{agent}")
    (told,) = [message for message in call.messages if message["event"] == "transfer"]
    assert set(told) == {"event", "sequence_number", "stream_sid", "transfer"}
    assert told["transfer"]["transfer_status"] == "failed"
    assert told["transfer"]["transfer_to"] == TRANSFERS.get(agent, "nowhere")
    assert told["transfer"]["reason"] == ("unknown_flow" if agent == "no_flow" else "no_carrier_control")


def test_one_bot_hands_the_call_to_another(callers: Callers, far_end: Bot) -> None:
    said = noise(11, 320 * FRAMES)
    with callers.omni("hand_over") as session:
        session.control(type="dtmf", digit="1")
        session.wait_until(lambda: NEXT_BOT in session.heard)
        before = len(session.heard)
        session.speak(said)
        session.wait_until(lambda: said in session.heard[before:])
        session.say_goodbye()
    # The first is left before the call is over.
    calls = {path: far_end.next_call(path) for path in ("/hand_over", "/next")}
    assert calls["/hand_over"].messages[-1]["event"] == "stop"
    starts = [next(m["start"] for m in call.messages if m["event"] == "start") for call in calls.values()]
    assert starts[0]["call_sid"] == starts[1]["call_sid"], "the same call"


def test_a_bot_hands_the_call_to_a_script(callers: Callers, far_end: Bot) -> None:
    with callers.omni("flow") as session:
        session.control(type="dtmf", digit="1")
        session.wait_event("transcript")
        session.control(type="input_text", text="goodbye")
        assert session.read_to_close() == 1000
    assert far_end.next_call("/flow").messages[-1]["event"] == "stop"
