"""An Omni session held by the vendor's SDK (addresses, subprotocols, frames) and the `websockets` library."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from pyai import PyAI
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

AUDIO, CALLER_TEXT, CONTROL = 1, 2, 3

REPLY_S = 15
# Audio comes every 20 ms while somebody speaks.
QUIET_S = 0.5


class Session:
    """One open socket. Everything the server says is kept in `events`, `heard` and `caller_text`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.heard = bytearray()
        self.frame_bytes: set[int] = set()
        self.caller_text: list[dict[str, Any]] = []

    def read(self, timeout_s: float = REPLY_S) -> int:
        """Takes in the next message and returns its tag."""
        message = self.socket.recv(timeout=timeout_s)
        assert isinstance(message, bytes), f"expected a binary message, got text {message!r}"
        tag, body = message[0], message[1:]
        if tag == AUDIO:
            self.heard += body
            self.frame_bytes.add(len(body))
        elif tag == CALLER_TEXT:
            normalised = PyAI.omni_transcript_body(body)
            assert normalised is not None, f"the SDK refuses {body!r}"
            self.caller_text.append(normalised)
        else:
            assert tag == CONTROL, f"unknown tag {tag}"
            self.events.append(json.loads(body))
        return tag

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Reads until `done`."""
        while not done():
            self.read()

    def read_for(self, seconds: float) -> None:
        """Reads what comes within this time."""
        until_s = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while (left_s := until_s - time.monotonic()) > 0:
                self.read(left_s)

    def read_until_quiet(self) -> None:
        """Reads until nothing comes any more."""
        until_s = time.monotonic() + REPLY_S
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < until_s:
                self.read(QUIET_S)
            raise AssertionError(f"no quiet within {REPLY_S} s")

    def wait_event(self, name: str) -> dict[str, Any]:
        """The next event of this name that has not been waited for; what comes before it is kept."""
        while True:
            for event in self.events:
                if event.get("event") == name:
                    self.events.remove(event)
                    return event
            self.read()

    def control(self, **fields: Any) -> None:
        self.socket.send(bytes([CONTROL]) + json.dumps(fields).encode())

    def configure(self, **fields: Any) -> dict[str, Any]:
        """Configures as the SDK does and returns the answer."""
        self.control(**PyAI.omni_configure_frame(**fields))
        return self.wait_event("configured")

    def speak(self, pcm: bytes) -> None:
        self.socket.send(PyAI.omni_audio_frame(pcm))

    def read_to_close(self) -> int:
        """Reads to the end and returns the close code."""
        try:
            while True:
                self.read()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "the server broke the connection without a close"
            return closed.rcvd.code

    def say_goodbye(self) -> int:
        """Ends the session as the vendor's clients do and returns the close code."""
        self.control(type="session_ending")
        return self.read_to_close()


@contextlib.contextmanager
def open_session(url: str, key: str | None = None, **options: Any) -> Iterator[Session]:
    """A session whose key, if there is one, travels as the SDK says."""
    if key is not None:
        sdk = PyAI(api_key=key)
        options.setdefault("subprotocols", sdk.realtime_subprotocols())
    with connect(url, open_timeout=REPLY_S, close_timeout=REPLY_S, proxy=None, **options) as socket:
        yield Session(socket)


@contextlib.contextmanager
def call_agent(http: str, key: str, agent: str, rate: int = 8_000) -> Iterator[Session]:
    """A session with the agent of this name, past its first two events."""
    sdk = PyAI(api_key=key, base_url=http)
    url = sdk.realtime_url(session_label=agent, query={"rate": str(rate)})
    with open_session(url, key) as session:
        session.wait_event("session_started")
        yield session
