"""The vendor's own SDK against our Omni socket."""

from __future__ import annotations

import random

import numpy as np
import pytest
from pyai import OMNI_EVENTS, PyAI

from gateway import Gateway
from omni import CONTROL, call_agent, open_session

RATES_OUT = {8_000: 8_000, 16_000: 24_000, 24_000: 24_000}
FRAMES = 100

CONVERSATION = [
    ("I want to book a table", "For how many people?"),
    ("for four people", "At what time?"),
    ("at half past seven", "Is that right?"),
    ("yes", "Your table is booked."),
]


def noise(seed: int, samples: int) -> bytes:
    """Samples over the whole range: a byte lost, swapped or altered anywhere shows."""
    return random.Random(seed).randbytes(samples * 2)


def tone(rate: int, seconds: float) -> bytes:
    at = np.arange(int(rate * seconds)) / rate
    return (np.sin(2 * np.pi * 440 * at) * 12_000).astype("<i2").tobytes()


@pytest.mark.parametrize("rate", RATES_OUT)
def test_handshake_and_first_events(gateway: Gateway, key: str, rate: int) -> None:
    sdk = PyAI(api_key=key, base_url=gateway.http)
    url = sdk.realtime_url(session_label="echo", query={"rate": str(rate)})
    assert url == f"{gateway.ws}/v1/omni?rate={rate}&session_label=echo&format=pcm16"
    with open_session(url, key) as session:
        assert session.socket.subprotocol == "pyai.v1"
        assert key not in str(session.socket.response.headers)
        assert "Sec-WebSocket-Extensions" not in session.socket.response.headers
        assert [session.read(), session.read()] == [CONTROL, CONTROL]
        hello, started = session.events
        assert hello == {
            "event": "hello",
            "protocol": 2,
            "audio_in": f"pcm16@{rate}",
            "audio_out": f"pcm16@{RATES_OUT[rate]}",
            "call_id": started["call_id"],
            "voice_id": "echo",
        }
        assert started == {
            "event": "session_started",
            "call_id": hello["call_id"],
            "agent_id": "echo",
            "audio_in": "pcm16",
            "audio_out": "pcm16",
        }
        configured = session.configure(voice_id="v", persona="p", greeting="g", temper="unheard of")
        assert configured["audio_out"] == hello["audio_out"]
        assert sorted(configured["honored"] + configured["ignored"]) == [
            "greeting",
            "persona",
            "temper",
            "voice_id",
        ]
        assert {hello["event"], started["event"], configured["event"]} <= set(OMNI_EVENTS)
        assert session.say_goodbye() == 1000
        assert session.events[-1]["event"] == "session_ending"


@pytest.mark.parametrize("rate", [rate for rate, out in RATES_OUT.items() if rate == out])
def test_echo_is_byte_exact(gateway: Gateway, key: str, rate: int) -> None:
    frame = rate // 50
    said = noise(rate, frame * FRAMES)
    with call_agent(gateway.http, key, "echo", rate) as session:
        session.configure()
        for at in range(0, len(said), frame * 2):
            session.speak(said[at : at + frame * 2])
        session.wait_until(lambda: len(session.heard) >= len(said))
        assert session.heard == said
        assert session.frame_bytes == {frame * 2}
        assert session.say_goodbye() == 1000
        assert session.heard == said, "nothing may follow"


def test_echo_in_odd_chunks_is_byte_exact(gateway: Gateway, key: str) -> None:
    said = noise(7, 480 * FRAMES)
    pieces = random.Random(8)
    with call_agent(gateway.http, key, "echo", 24_000) as session:
        session.configure()
        rest = memoryview(said)
        while rest:
            size = 2 * pieces.randrange(0, 2_000)
            session.speak(bytes(rest[:size]))
            rest = rest[size:]
        session.wait_until(lambda: len(session.heard) >= len(said))
        assert session.heard == said


def test_echo_at_16_khz_comes_back_as_the_same_tone_at_24_khz(gateway: Gateway, key: str) -> None:
    said = tone(16_000, 2.0)
    with call_agent(gateway.http, key, "echo", 16_000) as session:
        session.configure()
        for at in range(0, len(said), 640):
            session.speak(said[at : at + 640])
        # The resampler keeps its last few milliseconds: an utterance of the echo never ends.
        enough = len(said) * 3 // 2 - 2 * 24 * 40
        session.wait_until(lambda: len(session.heard) >= enough)
    heard = np.frombuffer(bytes(session.heard), "<i2").astype(float)[2_400:40_800]
    # 1.6 s hold whole cycles, so that all of a pure tone is in one bin.
    spectrum = np.abs(np.fft.rfft(heard)) * 2 / len(heard)
    bin_of_tone = 440 * len(heard) // 24_000
    rest = np.delete(spectrum, bin_of_tone)
    assert spectrum[bin_of_tone] == pytest.approx(12_000, rel=0.02)
    assert np.sqrt(np.sum(rest**2)) < 12_000 / 300, "less than 50 dB below the tone"


@pytest.mark.parametrize("digit", "0123456789*#ABCD")
def test_keys_are_echoed(gateway: Gateway, key: str, digit: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.configure()
        session.control(type="dtmf", digit=digit)
        assert session.wait_event("dtmf") == {"event": "dtmf", "digit": digit}


def test_controls_keyed_on_event_are_understood(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        session.control(event="configure", persona="p")
        configured = session.wait_event("configured")
        assert configured["honored"] + configured["ignored"] == ["persona"]
        session.control(event="dtmf", digit="5")
        assert session.wait_event("dtmf")["digit"] == "5"


def test_a_conversation_in_text(gateway: Gateway, key: str) -> None:
    """The booking agent understands `input_text`, says so on tag 0x02, and answers in words and sound."""
    with call_agent(gateway.http, key, "booking", 24_000) as session:
        configured = session.configure(greeting="Good morning.")
        assert configured["greeting"] is True
        assert "greeting" in configured["honored"]
        transcript = session.wait_event("transcript")
        assert transcript == {"event": "transcript", "role": "assistant", "text": "Good morning.", "final": True}
        for said, answered in CONVERSATION:
            session.control(type="input_text", text=said)
            # Every sentence is a transcript of its own.
            while session.wait_event("transcript")["text"] != answered:
                pass
            assert [delta["text"] for delta in session.caller_text][-1] == said
        assert len(session.caller_text) == len(CONVERSATION)
        assert all(d["role"] == "user" for d in session.caller_text)
        assert all(d["mode"] == "delta" for d in session.caller_text)
        session.wait_until(lambda: len(session.heard) >= 24_000)
        heard = np.frombuffer(bytes(session.heard), "<i2").astype(float)
        assert np.sqrt(np.mean(heard**2)) > 100, "the agent is silent"


def test_an_interruption_clears_and_turns_count_up(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "booking", 24_000) as session:
        session.configure()
        session.wait_until(lambda: len(session.heard) > 0)
        session.control(type="interrupt")
        for name in ["barge_in", "flush"]:
            assert session.wait_event(name) == {"event": name}
            assert name in OMNI_EVENTS
        seen = len(session.heard)
        session.control(type="input_text", text="help")
        turns = session.wait_event("turn_begin"), session.wait_event("turn_begin")
        assert [turn["turn"] for turn in turns] == [1, 2]
        assert turns[0]["call_id"] == turns[1]["call_id"]
        assert len(session.heard) == seen, "audio of the turn that was cut off"


def test_the_agent_hangs_up(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "booking") as session:
        session.configure(greeting="")
        session.control(type="input_text", text="goodbye")
        assert session.read_to_close() == 1000
        names = [event["event"] for event in session.events]
        assert names[-1] == "session_ending"
        assert len(session.heard) > 0, "the last words come before the close"


def test_the_older_address_and_the_default_agent(gateway: Gateway, key: str) -> None:
    with open_session(f"{gateway.ws}/v2/omni/chat?agent_id=echo", key) as session:
        assert session.wait_event("session_started")["agent_id"] == "echo"
    with open_session(f"{gateway.ws}/v1/omni", key) as session:
        assert session.wait_event("hello")["voice_id"] != "echo"
        assert session.wait_event("session_started")["agent_id"] is None


def test_audio_before_configure_begins_the_call(gateway: Gateway, key: str) -> None:
    with call_agent(gateway.http, key, "echo") as session:
        said = noise(3, 160 * 5)
        session.speak(said)
        session.wait_until(lambda: len(session.heard) >= len(said))
        assert session.heard == said


def test_call_ids_differ(gateway: Gateway, key: str) -> None:
    seen = set()
    for _ in range(5):
        with open_session(f"{gateway.ws}/v1/omni?session_label=echo", key) as session:
            assert session.read() == CONTROL
            seen.add(session.events[0]["call_id"])
    assert len(seen) == 5
