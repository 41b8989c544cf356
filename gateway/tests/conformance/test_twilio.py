"""A stream as Twilio opens it: the TwiML of Twilio's own library, read back, dialled and spoken to."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree

import pytest
from twilio.twiml.voice_response import Connect, Stream, VoiceResponse
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from carrier import FRAME_BYTES, open_stream
from gateway import Gateway
from refusals import error_of

FRAMES = 100
NUMBERS = {"from_number": "+15550100", "to_number": "+15550199", "odd": '<&">'}


def twiml(url: str) -> str:
    stream = Stream(url=url, name="trunkline")
    for name, value in NUMBERS.items():
        stream.parameter(name=name, value=value)
    connect = Connect()
    connect.append(stream)
    response = VoiceResponse()
    response.append(connect)
    return str(response)


def read_twiml(xml: str) -> tuple[str, dict[str, str]]:
    """What Twilio takes from it: the address, and the parameters that `start` will carry."""
    stream = ElementTree.fromstring(xml).find("./Connect/Stream")
    assert stream is not None
    return stream.attrib["url"], {p.attrib["name"]: p.attrib["value"] for p in stream.findall("Parameter")}


def speech(seed: int) -> bytes:
    return random.Random(seed).randbytes(FRAMES * FRAME_BYTES)


def test_echo_by_way_of_twiml_is_byte_exact(echo_url: str) -> None:
    url, parameters = read_twiml(twiml(echo_url))
    assert (url, parameters) == (echo_url, NUMBERS)
    said = speech(1)
    with open_stream(url) as stream:
        stream.start(parameters)
        stream.speak(said)
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        assert stream.heard == said
        assert stream.stop() == 1000
        assert stream.heard == said, "nothing may follow"


def test_an_agent_by_name_with_the_key_in_a_header(gateway: Gateway, key: str) -> None:
    url = f"{gateway.ws}/v1/telephony/streams/twilio/echo"
    said = speech(2)[: 10 * FRAME_BYTES]
    with open_stream(url, additional_headers={"Authorization": f"Bearer {key}"}) as stream:
        stream.start()
        stream.speak(said)
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        assert stream.heard == said


def test_a_key_alone_in_the_path_meets_the_default_agent(gateway: Gateway) -> None:
    key = gateway.mint("--scopes", "telephony:stream")
    with open_stream(f"{gateway.ws}/v1/telephony/streams/twilio/{key}") as stream:
        stream.start()
        assert stream.wait_message("media")
        assert stream.stop() == 1000


def test_a_mark_follows_the_last_audio_of_an_utterance(booking_url: str) -> None:
    with open_stream(booking_url) as stream:
        stream.start()
        mark = stream.wait_message("mark")
        assert len(stream.heard) % FRAME_BYTES == 0
        # The greeting is longer than a second; a mark before its end would prove nothing.
        assert len(stream.heard) > 8_000
        heard = len(stream.heard)
        stream.echo_mark(mark["mark"]["name"])
        stream.press("1")
        again = stream.wait_message("mark")
        assert again["mark"]["name"] != mark["mark"]["name"]
        assert len(stream.heard) > heard, "the agent asked something before its second mark"
        assert stream.stop() == 1000


def test_a_key_press_clears_what_is_being_said(booking_url: str) -> None:
    with open_stream(booking_url) as stream:
        stream.start()
        stream.wait_message("media")
        stream.press("1")
        stream.wait_message("clear")
        cleared_at = len(stream.messages)
        mark = stream.wait_message("mark")
        assert mark["mark"]["name"].split("-")[1] == "1", "marks after a clear are of the next generation"
        assert any('"media"' in text for text in stream.messages[cleared_at:])


def test_a_booking_by_keys_ends_with_the_agents_goodbye(booking_url: str) -> None:
    with open_stream(booking_url) as stream:
        stream.start()
        # Book; four people; half past seven; that is right; nothing else.
        for digit in "14#730#12":
            stream.press(digit)
        with pytest.raises(ConnectionClosedOK) as closed:
            while True:
                mark = stream.wait_message("mark")
                heard = len(stream.heard)
                stream.echo_mark(mark["mark"]["name"])
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
        assert len(stream.heard) == heard > 0, "the close comes after the mark, not before the last words"


def test_media_before_start_and_unknown_events_do_no_harm(echo_url: str) -> None:
    said = speech(3)[: 10 * FRAME_BYTES]
    with open_stream(echo_url) as stream:
        stream.socket.send(stream.connect_message())
        stream.socket.send('{"event":"something new","streamSid":"MZ","more":[1,2]}')
        stream.socket.send(stream.start_message({}))
        stream.speak(said)
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        assert stream.heard == said


def test_a_lost_packet_and_an_odd_one(echo_url: str) -> None:
    """A gap in the numbers and packets of other lengths are the network's; what came is given back."""
    said = speech(4)[: 10 * FRAME_BYTES]
    with open_stream(echo_url) as stream:
        stream.start()
        stream.speak(said[: 5 * FRAME_BYTES])
        stream.chunk += 3
        stream.speak(said[5 * FRAME_BYTES :])
        stream.wait_until(lambda: len(stream.heard) >= len(said))
        assert bytes(stream.heard).startswith(said[: 5 * FRAME_BYTES])
        assert bytes(stream.heard).endswith(said[5 * FRAME_BYTES :])


def test_a_wrong_key_in_the_path_is_refused(echo_url: str) -> None:
    with pytest.raises(InvalidStatus) as refused, open_stream(echo_url[:-4] + "AAAA"):
        pass
    assert refused.value.response.status_code == 401
    assert error_of(refused.value)["code"] == "unauthorized"
