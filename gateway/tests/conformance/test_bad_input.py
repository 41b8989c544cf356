"""Messages no client should send: named in an `error` event, and the call goes on. Too large: close 1009."""

from __future__ import annotations

import random

import pytest
from websockets.frames import Frame, Opcode

from gateway import Gateway
from omni import Session, call_agent

BAD = {
    "text_frame": "hello",
    "empty_frame": b"",
    "unknown_tag": b"\x07abc",
    "odd_audio": b"\x01abc",
    "not_json": b"\x03{{{",
    "not_utf8": b"\x03\xff\xfe",
    "missing_type": b"\x03{}",
    "unknown_type": b'\x03{"type":"no_such_thing"}',
    "bad_field": b'\x03{"type":"dtmf","digit":"55"}',
}


def assert_alive(session: Session) -> None:
    """The call still answers keys and gives audio back."""
    session.control(type="dtmf", digit="7")
    session.wait_event("dtmf")
    seen = len(session.heard)
    session.speak(b"\x01\x02" * 160)
    session.wait_until(lambda: len(session.heard) >= seen + 320)
    assert session.heard[seen:] == b"\x01\x02" * 160


@pytest.mark.parametrize(("code", "message"), BAD.items(), ids=list(BAD))
def test_a_bad_message_is_named_and_the_call_goes_on(
    gateway: Gateway, key: str, code: str, message: str | bytes
) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        session.socket.send(message)
        error = session.wait_event("error")
        assert error["code"] == code
        assert set(error) == {"event", "code", "message"}
        assert error["message"]
        assert_alive(session)
        assert session.say_goodbye() == 1000


def test_random_bytes_never_hang_the_call(gateway: Gateway, key: str) -> None:
    dice = random.Random(1)
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        for _ in range(90):
            # Never tag 0x01, whose bytes are audio, nor 0x03 with JSON.
            session.socket.send(bytes([dice.randrange(4, 256)]) + dice.randbytes(dice.randrange(200)))
        for _ in range(90):
            assert session.wait_event("error")["code"] == "unknown_tag"
        assert_alive(session)


def test_too_many_bad_messages_end_the_call(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        for _ in range(101):
            session.socket.send(b"\x07")
        assert session.read_to_close() == 1008


@pytest.mark.parametrize("kib", [256, 300, 4_096])
def test_a_message_over_the_limit_closes_with_1009(gateway: Gateway, key: str, kib: int) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        # One byte of tag beside the audio: 256 KiB is just over the limit.
        session.speak(bytes(kib * 1_024))
        assert session.read_to_close() == 1009


def test_a_message_at_the_limit_is_taken(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        # One tag byte and an even number of bytes of audio: 262,143 of the 262,144 that are allowed.
        session.speak(bytes(256 * 1_024 - 2))
        session.control(type="dtmf", digit="7")
        session.wait_event("dtmf")
        assert not any(event["event"] == "error" for event in session.events)
        assert session.say_goodbye() == 1000


def test_pings_are_answered_during_audio(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        for number in range(20):
            session.speak(bytes(320))
            answered = session.socket.ping(f"ping {number}")
            assert answered.wait(15), f"ping {number} was not answered"


def test_fragments_are_put_together(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        said = random.Random(5).randbytes(320 * 4)
        session.socket.send([b"\x01" + said[:301], said[301:302], b"", said[302:]])
        session.wait_until(lambda: len(session.heard) >= len(said))
        assert session.heard == said


def test_a_frame_without_a_mask_breaks_the_connection_and_nothing_else(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as victim, call_agent(gateway.http, key, "echo") as offender:
        victim.configure()
        offender.configure()
        # RFC 6455 section 5.1: a server closes upon a frame that is not masked.
        raw = Frame(Opcode.BINARY, b"\x07").serialize(mask=False)
        offender.socket.socket.sendall(raw)
        assert offender.read_to_close() == 1002
        assert_alive(victim)
