"""A relay between Twilio's callers and a bot, as people write it on `websockets`: one process, one thread.

Every message is parsed and written anew, Twilio's dialect on both sides; the base64 of the audio is passed on as it is.
With --bytes messages pass untouched.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable

import uvloop
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

# Bounds of the gateway; nothing that a timer does. asyncio sets TCP_NODELAY on every socket by itself.
LIMITS = {"compression": None, "ping_interval": None, "max_size": 262_144}

Translate = Callable[[str], str]


def write(event: dict) -> str:
    return json.dumps(event, separators=(",", ":"))


def up(text: str) -> str:
    """What the caller says, to the bot."""
    event = json.loads(text)
    if event["event"] != "media":
        return write(event)
    media = {key: event["media"][key] for key in ("track", "chunk", "timestamp", "payload")}
    number = event["sequenceNumber"]
    return write({"event": "media", "sequenceNumber": number, "media": media, "streamSid": event["streamSid"]})


def down(text: str) -> str:
    """What the bot says, to the caller."""
    event = json.loads(text)
    if event["event"] != "media":
        return write(event)
    return write({"event": "media", "streamSid": event["streamSid"], "media": {"payload": event["media"]["payload"]}})


async def forward(source: Connection, sink: Connection, translate: Translate | None) -> None:
    """Until one of them closes; the other is closed then."""
    try:
        async for message in source:
            await sink.send(translate(message) if translate and isinstance(message, str) else message)
    except ConnectionClosed:
        pass
    except (KeyError, TypeError, ValueError) as error:
        print("relay.py: not a message:", repr(error), file=sys.stderr)
    finally:
        await sink.close()


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--to", required=True, metavar="URL", help="the bot, dialled once for each caller")
    arguments.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="port 0: any that is free")
    arguments.add_argument("--bytes", action="store_true", help="pass messages untouched")
    options = arguments.parse_args(sys.argv[1:])
    translate = (None, None) if options.bytes else (up, down)

    async def relay(caller: ServerConnection) -> None:
        try:
            bot = await connect(options.to, proxy=None, **LIMITS)
        except OSError as error:
            print("relay.py:", error, file=sys.stderr)
            return
        await asyncio.gather(forward(caller, bot, translate[0]), forward(bot, caller, translate[1]))

    host, _, port = options.listen.rpartition(":")
    async with serve(relay, host, int(port), backlog=4_096, **LIMITS) as server:
        print("listening on {}:{}".format(*server.sockets[0].getsockname()[:2]), flush=True)
        terminated = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
        await terminated.wait()
        # Calls that still go on are not waited for.
        sys.exit(0)


uvloop.run(main())
