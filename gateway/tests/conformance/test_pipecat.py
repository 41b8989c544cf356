"""Pipecat's Twilio codec, as bots run it, reads what we send and makes what we take."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import numpy as np
from pipecat.frames.frames import InputAudioRawFrame, InputDTMFFrame, InterruptionFrame, OutputAudioRawFrame
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer

from carrier import CALL_SID, FRAME_BYTES, STREAM_SID, Stream, open_stream


class Setup:
    """The two fields of a pipeline's setup that the codec reads."""

    audio_in_sample_rate = audio_out_sample_rate = 8_000


async def codec() -> TwilioFrameSerializer:
    made = TwilioFrameSerializer(STREAM_SID, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    await made.setup(Setup())
    return made


def decode(messages: list[str]) -> list[object]:
    """What the codec makes of these messages."""

    async def run() -> list[object]:
        made = await codec()
        return [await made.deserialize(text) for text in messages]

    return asyncio.run(run())


def encode(pieces: list[bytes]) -> list[str]:
    """Media messages of the codec for these pieces of PCM16 at 8000 Hz."""

    async def run() -> list[str]:
        made = await codec()
        texts = [await made.serialize(OutputAudioRawFrame(pcm, 8_000, 1)) for pcm in pieces]
        return [text for text in texts if isinstance(text, str)]

    return asyncio.run(run())


def sweep(samples: int) -> bytes:
    at = np.arange(samples) / 8_000
    return (np.sin(2 * np.pi * (200 + 600 * at) * at) * 9_000).astype("<i2").tobytes()


def payload(text: str) -> bytes:
    return base64.b64decode(json.loads(text)["media"]["payload"])


def test_our_carrier_is_taken_for_twilio() -> None:
    """The far end of these tests is recognised by an independent detector."""
    far_end = Stream(None)  # type: ignore[arg-type]
    texts = [far_end.connect_message(), far_end.start_message({"from_number": "+15550100"})]

    class Socket:
        async def iter_text(self) -> AsyncIterator[str]:
            for text in texts:
                yield text

    kind, call = asyncio.run(parse_telephony_websocket(Socket()))
    assert kind == "twilio"
    assert (call["stream_id"], call["call_id"]) == (STREAM_SID, CALL_SID)


def test_the_agents_speech_decodes_to_speech(booking_url: str) -> None:
    with open_stream(booking_url) as stream:
        stream.start()
        stream.wait_message("mark")
    media = [text for text in stream.messages if json.loads(text)["event"] == "media"]
    frames = decode(media)
    assert len(frames) > 50
    for text, frame in zip(media, frames, strict=True):
        assert isinstance(frame, InputAudioRawFrame)
        assert (frame.sample_rate, frame.num_channels) == (8_000, 1)
        assert len(frame.audio) == 2 * len(payload(text))
        assert len(payload(text)) % FRAME_BYTES == 0
    pcm = np.frombuffer(b"".join(frame.audio for frame in frames), "<i2").astype(float)
    assert 300 < np.sqrt(np.mean(pcm**2)) < 20_000, "expected the loudness of speech"
    assert np.mean(np.abs(pcm) > 32_000) < 0.001, "clipped, or filled with zero bytes"


def test_marks_and_clears_are_no_audio_to_a_bot(booking_url: str) -> None:
    with open_stream(booking_url) as stream:
        stream.start()
        stream.wait_message("media")
        stream.press("1")
        stream.wait_message("clear")
        stream.wait_message("mark")
    others = [text for text in stream.messages if json.loads(text)["event"] != "media"]
    assert {json.loads(text)["event"] for text in others} == {"clear", "mark"}
    assert decode(others) == [None] * len(others)


def test_our_clear_is_the_one_a_bot_would_send(booking_url: str) -> None:
    with open_stream(booking_url) as stream:
        stream.start()
        stream.wait_message("media")
        stream.press("1")
        ours = stream.wait_message("clear")

    async def theirs() -> str | bytes | None:
        return await (await codec()).serialize(InterruptionFrame())

    assert ours == json.loads(asyncio.run(theirs()) or "")


def test_audio_coded_by_pipecat_is_taken_and_comes_back(echo_url: str) -> None:
    """20 ms pieces, and the 37 ms a speech engine may give; their messages have no numbers at all."""
    for samples in (160, 296):
        pcm = sweep(samples * 50)
        texts = encode([pcm[at : at + samples * 2] for at in range(0, len(pcm), samples * 2)])
        said = b"".join(payload(text) for text in texts)
        whole = len(said) // FRAME_BYTES * FRAME_BYTES
        with open_stream(echo_url) as stream:
            stream.start()
            for text in texts:
                stream.socket.send(text)
            stream.wait_until(lambda whole=whole: len(stream.heard) >= whole)
            assert stream.heard == said[:whole]
            assert stream.stop() == 1000
        heard = b"".join(frame.audio for frame in decode(stream.messages))
        error = np.frombuffer(heard, "<i2").astype(float) - np.frombuffer(pcm, "<i2")[:whole].astype(float)
        assert np.sqrt(np.mean(error**2)) < 9_000 / 30, "one pass through μ-law costs no more than this"


def test_key_presses_of_our_carrier_are_pipecats() -> None:
    far_end = Stream(None)  # type: ignore[arg-type]
    for digit in "0123456789*#":
        text = far_end.numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit})
        (frame,) = decode([text])
        assert isinstance(frame, InputDTMFFrame)
        assert frame.button.value == digit
