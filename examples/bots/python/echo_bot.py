"""A bot of the WSS telephony bridge that gives back what it hears. `#` hangs up, `0` asks for a transfer."""

import argparse
import asyncio
import json
import signal

from websockets.asyncio.server import serve


async def answer(socket, transfer_to):
    """One socket is one call."""
    is_over = False
    async for message in socket:
        if isinstance(message, bytes):  # with `binary = true` audio comes bare
            await socket.send(message)
            continue
        event = json.loads(message)
        match event["event"]:
            case "start":
                start = event["start"]
                print("start", start["call_sid"], start["from"], start["to"], start["media_format"], flush=True)
            case "media" if not is_over:
                delta = {"type": "response.audio.delta", "delta": event["media"]["payload"]}
                await socket.send(json.dumps(delta))
            case "dtmf":
                digit = event["dtmf"]["digit"]
                print("dtmf", digit, flush=True)
                if digit == "#":
                    is_over = True
                    await socket.send(json.dumps({"type": "session.hangup"}))
                elif digit == "0":
                    await socket.send(json.dumps({"type": "session.transfer", "destination": transfer_to}))
            case "transfer":  # what became of it; a caller who was transferred does not come back
                print("transfer", event["transfer"]["transfer_status"], event["transfer"]["reason"], flush=True)
            case "stop":
                print("stop", event["stop"]["reason"], flush=True)


async def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=9000, help="0: any that is free")
    arguments.add_argument("--transfer-to", default="+15550100")
    arguments.add_argument("--token", help="refuse callers without `Authorization: Bearer TOKEN`")
    options = arguments.parse_args()

    def admit(connection, request):
        if options.token and request.headers.get("Authorization") != f"Bearer {options.token}":
            return connection.respond(401, "a token, please\n")

    handler = lambda socket: answer(socket, options.transfer_to)  # noqa: E731
    async with serve(handler, options.host, options.port, process_request=admit) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"listening on {host}:{port}", flush=True)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
        await server.wait_closed()


asyncio.run(main())
