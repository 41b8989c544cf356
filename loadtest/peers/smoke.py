"""Starts each peer, calls it once with an independent client, and looks at what comes back.

    "$(.ci/venv loadtest/peers/requirements-python.txt)" loadtest/peers/smoke.py [CASE…]

Relays stand before a server that gives back every message: all come back in order, byte for byte, or, where the peer
writes JSON anew, with the same content. Of what answers itself, 80 % of the audio has to come back unharmed. Ends with 1
if one of them fails.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

FRAMES = 50
FRAME_BYTES = 160
FRAME_SECONDS = 0.02
LEAST_AUDIO = 0.8
ALL_SECONDS = 60
START_SECONDS = 30
ANSWER_SECONDS = 3
STOP_SECONDS = 5

# A message of each length that a transcoding gateway would have, see `--up-bytes`.
UP_BYTES, DOWN_BYTES = 640, 96

STREAM = "MZ" + "0" * 32

Message = str | bytes
Check = Callable[[list[Message], list[Message]], str | None]


@dataclass(frozen=True)
class Case:
    """A peer with its options, and what must come back."""

    peer: str
    options: tuple[str, ...]
    # What a relay's bot is to it; `None` answers itself.
    bot: str | None
    # The fault, where there is one, of what came back for what was sent.
    check: Check


def frames(dialect: str) -> list[Message]:
    """What a caller sends. 0x7F, negative zero, is what no sample is coded as."""
    noise = random.Random(1)
    alphabet = bytes(byte for byte in range(256) if byte != 0x7F)
    media = [base64.b64encode(bytes(noise.choices(alphabet, k=FRAME_BYTES))).decode() for _ in range(FRAMES)]
    return [json.dumps(event, separators=(",", ":")) for event in {"twilio": twilio, "plivo": plivo}[dialect](media)]


def twilio(media: list[str]) -> list[dict]:
    audio_format = {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1}
    ids = {"accountSid": "AC" + "0" * 32, "callSid": "CA" + "0" * 32, "streamSid": STREAM}
    start = ids | {"tracks": ["inbound"], "mediaFormat": audio_format, "customParameters": {}}
    return [
        {"event": "connected", "protocol": "Call", "version": "1.0.0"},
        {"event": "start", "sequenceNumber": "1", "start": start, "streamSid": STREAM},
    ] + [
        {
            "event": "media",
            "sequenceNumber": str(number + 2),
            "media": {"track": "inbound", "chunk": str(number + 1), "timestamp": str(number * 20), "payload": payload},
            "streamSid": STREAM,
        }
        for number, payload in enumerate(media)
    ]


def plivo(media: list[str]) -> list[dict]:
    ids = {"callId": "00000000-0000-0000-0000-000000000001", "streamId": "00000000-0000-0000-0000-000000000002"}
    start = ids | {
        "accountId": "1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000},
    }
    return [{"sequenceNumber": 0, "event": "start", "start": start, "extra_headers": "{}"}] + [
        {
            "sequenceNumber": number + 1,
            "streamId": ids["streamId"],
            "event": "media",
            "media": {"track": "inbound", "timestamp": str(number * 20), "chunk": number + 1, "payload": payload},
            "extra_headers": "{}",
        }
        for number, payload in enumerate(media)
    ]


def untouched(sent: list[Message], heard: list[Message]) -> str | None:
    return None if heard == sent else f"{len(heard)} of {len(sent)} messages, or not the same"


def resized(sent: list[Message], heard: list[Message]) -> str | None:
    expected = []
    for message in sent:
        content = message.encode()
        up = (content * (UP_BYTES // len(content) + 1))[:UP_BYTES]
        expected.append((up * (DOWN_BYTES // UP_BYTES + 1))[:DOWN_BYTES])
    return untouched(expected, heard)


def translated(sent: list[Message], heard: list[Message]) -> str | None:
    """Towards the caller a media message has only what Twilio reads."""

    def content(message: Message) -> object:
        event = json.loads(message)
        return event["media"]["payload"] if event["event"] == "media" else event

    return untouched(list(map(content, sent)), list(map(content, heard)))


def audio(message: Message) -> bytes:
    event = json.loads(message)
    return base64.b64decode(event["media"]["payload"]) if event["event"] in ("media", "playAudio") else b""


def share(sent: list[Message], heard: list[Message]) -> float:
    """The part of the frames that came back unharmed."""
    back = b"".join(map(audio, heard))
    said = [frame for frame in map(audio, sent) if frame]
    return sum(frame in back for frame in said) / len(said)


def spoken(sent: list[Message], heard: list[Message]) -> str | None:
    part = share(sent, heard)
    return None if part >= LEAST_AUDIO else f"{part:.0%} of the audio came back"


URL, ADDRESS = "ws://{}/bot", "{}"
RESIZING = ("--up-bytes", str(UP_BYTES), "--down-bytes", str(DOWN_BYTES))
CASES = {
    "relay": Case("relay", (), URL, untouched),
    "relay-resized": Case("relay", RESIZING, URL, resized),
    "haproxy": Case("haproxy", (), ADDRESS, untouched),
    "node-bytes": Case("node", ("--bytes",), URL, untouched),
    "node": Case("node", (), URL, translated),
    "python-bytes": Case("python", ("--bytes",), URL, untouched),
    "python": Case("python", (), URL, translated),
    "pipecat": Case("pipecat", (), None, spoken),
    "agent_transport": Case("agent_transport", (), None, spoken),
}


@contextlib.asynccontextmanager
async def peer(case: Case, bot: str) -> AsyncIterator[tuple[str, int]]:
    """Its address and process id. It must end at SIGTERM, and have printed one line."""
    options = [*case.options, *(("--to", case.bot.format(bot)) if case.bot else ())]
    process = await asyncio.create_subprocess_exec(HERE / "start", case.peer, *options, stdout=subprocess.PIPE)
    try:
        async with asyncio.timeout(START_SECONDS):
            words = (await process.stdout.readline()).decode().split()
        if words[:2] != ["listening", "on"]:
            raise RuntimeError(f"expected `listening on ADDR` first, got {words}")
        yield words[2], process.pid
        process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            rest = await process.stdout.read()
            await process.wait()
        if rest:
            raise RuntimeError(f"printed more than one line: {rest!r}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def listen(call: ClientConnection, heard: list[Message], is_enough: Callable[[], bool]) -> None:
    async for message in call:
        heard.append(message)
        if is_enough():
            return


async def place(case: Case, address: str) -> tuple[list[Message], list[Message]]:
    """One call at the pace of speech: what was sent, and what was heard."""
    sent, heard = frames("plivo" if case.peer == "agent_transport" else "twilio"), []

    def is_enough() -> bool:
        return len(heard) == len(sent) if case.bot else share(sent, heard) == 1

    async with connect(f"ws://{address}/call", compression=None, proxy=None, close_timeout=1) as call:
        listening = asyncio.create_task(listen(call, heard, is_enough))
        for message in sent:
            await call.send(message)
            await asyncio.sleep(FRAME_SECONDS)
        # What is missing then is the check's matter.
        await asyncio.wait([listening], timeout=ANSWER_SECONDS)
        listening.cancel()
    return sent, heard


def process(pid: int) -> str:
    """The program that a load tool would measure, and its threads."""
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return f"{name}, {len(os.listdir(f'/proc/{pid}/task'))} threads"


async def run(name: str, bot: str) -> bool:
    case, began = CASES[name], time.monotonic()
    try:
        async with peer(case, bot) as (address, pid):
            sent, heard = await place(case, address)
            what = process(pid)
        fault = case.check(sent, heard)
    except (OSError, RuntimeError, TimeoutError, IndexError) as error:
        sent, heard, what, fault = [], [], "-", repr(error)
    seconds = time.monotonic() - began
    state = f"FAILED: {fault}" if fault else "ok"
    if not fault and not case.bot:
        state += f", {share(sent, heard):.0%} of the audio"
    print(f"{name:16} {len(sent):3} sent {len(heard):3} heard  {seconds:4.1f} s  {what:32} {state}", flush=True)
    return fault is None


async def echo(socket: ServerConnection) -> None:
    """The bot of the relays."""
    with contextlib.suppress(ConnectionClosed):
        async for message in socket:
            await socket.send(message)


async def main(names: list[str]) -> int:
    async with asyncio.timeout(ALL_SECONDS), serve(echo, "127.0.0.1", 0, compression=None) as server:
        bot = "{}:{}".format(*server.sockets[0].getsockname())
        passed = [await run(name, bot) for name in names]
    return 0 if all(passed) else 1


def make(names: list[str]) -> None:
    """What is fetched once does not count as starting."""
    for name in sorted({CASES[name].peer for name in names}):
        requirements = HERE / f"requirements-{name}.txt"
        if requirements.exists():
            subprocess.run([ROOT / ".ci" / "venv", requirements], stdout=subprocess.DEVNULL, check=True)
        elif name == "node":
            subprocess.run([ROOT / ".ci" / "node-modules", HERE / name], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(CASES)
    if unknown := [name for name in chosen if name not in CASES]:
        sys.exit(f"smoke.py: expected some of {', '.join(CASES)}, got {', '.join(unknown)}")
    make(chosen)
    sys.exit(asyncio.run(main(chosen)))
