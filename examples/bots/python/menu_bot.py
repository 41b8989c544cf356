"""A bot that plays tones: at the start, and for each key. Marks say what has been played; `9` ends the call."""

import argparse
import asyncio
import base64
import json
import math
import signal
import struct

from websockets.asyncio.server import serve


def tone(hertz, milliseconds, rate):
    """PCM16, little-endian, mono."""
    count = rate * milliseconds // 1000
    samples = (round(8000 * math.sin(2 * math.pi * hertz * at / rate)) for at in range(count))
    return struct.pack(f"<{count}h", *samples)


async def play(socket, start, hertz, milliseconds, mark):
    """Sends it all at once, and a mark behind it; the platform holds what it is not yet time for."""
    pcm = tone(hertz, milliseconds, int(start["media_format"]["sample_rate"]))
    for at in range(0, len(pcm), 3200):
        delta = base64.b64encode(pcm[at : at + 3200]).decode()
        await socket.send(json.dumps({"type": "response.audio.delta", "delta": delta}))
    await socket.send(json.dumps({"event": "mark", "stream_sid": start["stream_sid"], "mark": {"name": mark}}))


async def answer(socket):
    start = {}
    async for message in socket:
        event = json.loads(message)
        match event["event"]:
            case "start":
                start = event["start"]
                await play(socket, start, 440, 3000, "menu")
            case "dtmf":  # the key interrupts what is being played
                digit = event["dtmf"]["digit"]
                await socket.send(json.dumps({"type": "audio.clear"}))
                if digit == "9":
                    await play(socket, start, 880, 500, "goodbye")
                elif digit.isdigit():
                    await play(socket, start, 500 + 50 * int(digit), 1000, f"key-{digit}")
            case "mark":
                print("mark", event["mark"]["name"], flush=True)
                if event["mark"]["name"] == "goodbye":
                    await socket.send(json.dumps({"type": "session.hangup"}))


async def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=9000, help="0: any that is free")
    async with serve(answer, "127.0.0.1", arguments.parse_args().port) as server:
        print("listening on {}:{}".format(*server.sockets[0].getsockname()), flush=True)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
        await server.wait_closed()


asyncio.run(main())
