"""A carrier that speaks Twilio Media Streams, written from Twilio's message reference."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

REPLY_S = 15
FRAME_BYTES = 160
FRAME_MS = 20

ACCOUNT_SID = "AC" + "0" * 32
CALL_SID = "CA" + "1" * 32
STREAM_SID = "MZ" + "2" * 32

# Twilio answers error 31951 to any message with another field.
SHAPES = {
    "media": {"event", "streamSid", "media"},
    "mark": {"event", "streamSid", "mark"},
    "clear": {"event", "streamSid"},
}
INNER = {"media": {"payload"}, "mark": {"name"}}


class Stream:
    """One stream. What the gateway sends is kept in `messages` as text and in `heard` as μ-law."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.sequence = 0
        self.chunk = 0
        self.messages: list[str] = []
        self.heard = bytearray()

    def connect_message(self) -> str:
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start_message(self, parameters: dict[str, str]) -> str:
        return self.numbered(
            "start",
            start={
                "accountSid": ACCOUNT_SID,
                "streamSid": STREAM_SID,
                "callSid": CALL_SID,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": parameters,
            },
        )

    def start(self, parameters: dict[str, str] | None = None) -> None:
        self.socket.send(self.connect_message())
        self.socket.send(self.start_message(parameters or {}))

    def speak(self, mulaw: bytes) -> None:
        """Sends caller audio in packets of 20 ms, as many as there are, at once."""
        for at in range(0, len(mulaw), FRAME_BYTES):
            self.chunk += 1
            media = {
                "track": "inbound",
                "chunk": str(self.chunk),
                "timestamp": str((self.chunk - 1) * FRAME_MS),
                "payload": base64.b64encode(mulaw[at : at + FRAME_BYTES]).decode(),
            }
            self.socket.send(self.numbered("media", media=media))

    def press(self, digit: str) -> None:
        self.socket.send(self.numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit}))

    def echo_mark(self, name: str) -> None:
        self.socket.send(self.numbered("mark", mark={"name": name}))

    def stop(self) -> int:
        """Ends the stream and returns the gateway's close code."""
        self.socket.send(self.numbered("stop", stop={"accountSid": ACCOUNT_SID, "callSid": CALL_SID}))
        try:
            while True:
                self.read()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "the gateway broke the connection without a close"
            return closed.rcvd.code

    def numbered(self, event: str, **body: Any) -> str:
        self.sequence += 1
        head = {"event": event, "sequenceNumber": str(self.sequence), "streamSid": STREAM_SID}
        return json.dumps(head | body)

    def read(self) -> dict[str, Any]:
        """The next message, which must be one that Twilio would take."""
        text = self.socket.recv(timeout=REPLY_S)
        assert isinstance(text, str), "Twilio takes no binary messages"
        message = json.loads(text)
        event = message["event"]
        assert set(message) == SHAPES[event], text
        assert message["streamSid"] == STREAM_SID
        if event in INNER:
            assert set(message[event]) == INNER[event], text
        if event == "media":
            self.heard += base64.b64decode(message["media"]["payload"], validate=True)
        self.messages.append(text)
        return message

    def wait_message(self, event: str) -> dict[str, Any]:
        """The next message of this kind."""
        while True:
            message = self.read()
            if message["event"] == event:
                return message

    def wait_until(self, done: Callable[[], bool]) -> None:
        while not done():
            self.read()


@contextlib.contextmanager
def open_stream(url: str, **options: Any) -> Iterator[Stream]:
    """Connects as Twilio does: no subprotocol, no query."""
    with connect(url, open_timeout=REPLY_S, close_timeout=REPLY_S, proxy=None, **options) as socket:
        assert socket.subprotocol is None
        yield Stream(socket)
