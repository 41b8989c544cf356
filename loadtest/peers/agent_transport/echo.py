"""agent-transport with a loop in Python that gives back what it hears: it answers a Plivo caller itself.

Its Rust core does the sockets, JSON, mu-law and pacing on a thread for each processor it may use; each call has a
thread of Python, as with its own adapters, that is parked in the core until there is audio.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
import time

from agent_transport import AudioStreamEndpoint

# How long a thread stays in the core, where it holds no lock of Python's.
WAIT_MS = 1_000
START_SECONDS = 10


def echo(endpoint: AudioStreamEndpoint, session_id: str, live: set[str]) -> None:
    """One call, while it is live."""
    while session_id in live:
        try:
            heard = endpoint.recv_audio_bytes_blocking(session_id, WAIT_MS)
            if heard is not None:
                audio, rate, channels = heard
                endpoint.send_audio_bytes(session_id, bytes(audio), rate, channels)
        except RuntimeError:
            return  # over before its event was read


def free_port(host: str) -> int:
    """The core never says which port it got, so one is found for it."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_until_it_accepts(host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"echo.py: {host}:{port}: {error}")
            time.sleep(0.02)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="port 0: any that is free")
    arguments.add_argument("--rate", type=int, default=8_000, help="of the pipeline, in Hz; not 8000: it resamples")
    options = arguments.parse_args()

    # The threads of the core outlive an ordinary end.
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
    threading.stack_size(256 * 1_024)
    host, _, port = options.listen.rpartition(":")
    port = int(port) or free_port(host)
    endpoint = AudioStreamEndpoint(
        listen_addr=f"{host}:{port}",
        input_sample_rate=options.rate,
        output_sample_rate=options.rate,
        auto_hangup=False,
    )
    wait_until_it_accepts(host, port)
    print(f"listening on {host}:{port}", flush=True)
    live: set[str] = set()
    while True:
        event = endpoint.wait_for_event(WAIT_MS)
        if event is None:
            continue
        if event["type"] == "call_answered":
            session_id = event["session"].session_id
            live.add(session_id)
            threading.Thread(target=echo, args=(endpoint, session_id, live), daemon=True).start()
        elif event["type"] == "call_terminated":
            live.discard(event["session"].session_id)


main()
