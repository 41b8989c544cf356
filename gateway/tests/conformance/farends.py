"""Bots and web servers in threads, which do as the test says and keep what they were sent."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

WAIT_S = 20


class Call:
    """One socket of a bot, from its side."""

    def __init__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.socket = socket
        self.path: str = socket.request.path
        self.headers: Headers = socket.request.headers
        self.messages: list[dict[str, Any]] = []
        self.binary = bytearray()
        self.heard = bytearray()

    def read(self) -> dict[str, Any] | bytes:
        """The next message; audio is kept in `heard`, bare audio in `binary`."""
        message = self.socket.recv(timeout=WAIT_S)
        if isinstance(message, bytes):
            self.binary += message
            return message
        event: dict[str, Any] = json.loads(message)
        self.messages.append(event)
        # A first message of the bot's own has no `event`.
        event.setdefault("event", "")
        if event["event"] == "media":
            self.heard += base64.b64decode(event["media"]["payload"], validate=True)
        return event

    def wait(self, name: str) -> dict[str, Any]:
        """The next event of this name."""
        while True:
            message = self.read()
            if isinstance(message, dict) and message["event"] == name:
                return message

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def play(self, pcm: bytes) -> None:
        """Audio as a bot of the bridge sends it."""
        self.send(type="response.audio.delta", delta=base64.b64encode(pcm).decode())

    def read_to_close(self) -> int | None:
        """Reads to the end; the close code that came, None for a connection that broke."""
        try:
            while True:
                self.read()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


class Bot:
    """A bot's server. Each call is played by `play`, then kept in `calls`, and its faults raised in the test."""

    def __init__(self, address: str, calls: queue.Queue[Call | BaseException]) -> None:
        self.address = address
        self.calls = calls
        self.upgrades: list[Headers] = []

    def url(self, path: str = "/voice") -> str:
        return f"ws://{self.address}{path}"

    def next_call(self, path: str | None = None) -> Call:
        """The next call that is over, to this path if there is one; others were placed before."""
        while True:
            call = self.calls.get(timeout=WAIT_S)
            if isinstance(call, BaseException):
                raise call
            if path in (None, call.path):
                return call


@contextlib.contextmanager
def bot(
    play: Callable[[Call], object], admit: Callable[[ServerConnection, Request], Response | None] | None = None
) -> Iterator[Bot]:
    """A bot that does `play` in every call. `admit` may answer the upgrade with a refusal."""
    calls: queue.Queue[Call | BaseException] = queue.Queue()

    def handle(socket: ServerConnection) -> None:
        try:
            call = Call(socket)
            with contextlib.suppress(ConnectionClosed):
                play(call)
            calls.put(call)
        except BaseException as fault:
            calls.put(fault)

    def process(socket: ServerConnection, request: Request) -> Response | None:
        made.upgrades.append(request.headers)
        return admit(socket, request) if admit else None

    with serve(handle, "127.0.0.1", 0, process_request=process, compression=None) as server:
        made = Bot("{}:{}".format(*server.socket.getsockname()), calls)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join(WAIT_S)


@dataclass
class Posted:
    """A request that a web server got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What it answers: a status, and a body in pieces that are each sent at once."""

    status: int = 200
    content_type: str = "application/json"
    pieces: list[bytes] = field(default_factory=lambda: [b"{}"])


class Web:
    """A web server's address and what was posted to it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.posted: queue.Queue[Posted] = queue.Queue()

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.address}{path}"

    def next_post(self) -> Posted:
        return self.posted.get(timeout=WAIT_S)

    def wait_post(self, event: str) -> Posted:
        """The next post of this `event`."""
        while True:
            post = self.next_post()
            if post.json["event"] == event:
                return post


@contextlib.contextmanager
def web(answer: Callable[[Posted], Answer]) -> Iterator[Web]:
    """A web server that answers every POST so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            # Names of header fields know no case.
            headers = {name.lower(): value for name, value in self.headers.items()}
            post = Posted(self.path, headers, self.rfile.read(int(headers["content-length"])))
            reply = answer(post)
            # Before the answer: the next post follows it at once, in another thread.
            made.posted.put(post)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.end_headers()
            for piece in reply.pieces:
                self.wfile.write(piece)
                self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Web("{}:{}".format(*server.server_address))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join(WAIT_S)
        server.server_close()
