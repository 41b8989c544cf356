"""Bots that cannot be reached, or should not be: what the caller hears, what the log says, and what it never says."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from callers import Callers, calling, toml_agent
from farends import Answer, Bot, Call, Posted, Web, bot, web
from gateway import CONFIG, binary, clean_environment
from omni import REPLY_S, Session

HEADER_SECRET = "header-secret-0123456789-header-secret"
QUERY_SECRET = "query-secret-0123456789-query-secret"
SECRETS = (HEADER_SECRET, QUERY_SECRET)

STATUSES = {"unauthorized": 401, "forbidden": 403, "overloaded": 503, "moved": 302}

NONSENSE = [
    "{",
    "[]",
    '"text"',
    "{}",
    '{"type":7}',
    '{"type":"response.audio.delta"}',
    '{"type":"response.audio.delta","delta":"not base64!"}',
    '{"type":"response.audio.delta","delta":7}',
    '{"type":"session.dtmf","dtmf":"not digits"}',
    '{"type":"session.transfer","destination":[]}',
    '{"type":"session.flow_transfer","flow_id":"no such flow"}',
    '{"type":"session.transfer_ws","url":"ftp://127.0.0.1/"}',
    '{"type":"something new","field":[1,2]}',
]


def play(call: Call) -> None:
    """What is wrong with a bot is its path."""
    fault = call.path.split("?")[0].removeprefix("/")
    call.wait("start")
    match fault:
        case "close":
            call.play(bytes(320))
            call.wait("media")
            call.socket.close(1011)
        case "drop":
            call.play(bytes(320))
            call.wait("media")
            # Linger of 0: a reset instead of an end.
            call.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            call.socket.socket.close()
        case "mute":
            call.read_to_close()
        case "huge":
            call.wait("media")
            call.play(bytes(1 << 20))
            call.read_to_close()
        case "flood":
            for _ in range(200):
                call.play(bytes(32_000))
            call.read_to_close()
        case "nonsense":
            for text in NONSENSE:
                call.socket.send(text)
            echo(call)
        case "inside":
            call.wait("dtmf")
            call.send(type="session.transfer_ws", url="wss://127.0.0.2:1/inside")
            echo(call)


def echo(call: Call) -> None:
    while True:
        message = call.read()
        if isinstance(message, dict) and message["event"] == "media":
            call.send(type="response.audio.delta", delta=message["media"]["payload"])


def admit(connection: ServerConnection, request: Request) -> Response | None:
    status = STATUSES.get(request.path.split("?")[0].removeprefix("/"))
    if status is None:
        return None
    response = connection.respond(HTTPStatus(status), "no\n")
    if status == 302:
        response.headers["Location"] = f"http://{request.headers['Host']}/mute"
    return response


@pytest.fixture(scope="module")
def far_end() -> Iterator[Bot]:
    with bot(play, admit) as running:
        yield running


@pytest.fixture(scope="module")
def silent_port() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield "{}:{}".format(*listener.getsockname())


@pytest.fixture(scope="module")
def closed_port() -> Iterator[str]:
    """Nobody listens, and nobody else will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield "{}:{}".format(*bound.getsockname())


@pytest.fixture(scope="module")
def config_api(far_end: Bot) -> Iterator[Web]:
    """Says where the bot is: where it may be dialled, where it may not, and nothing of use."""

    def answer(post: Posted) -> Answer:
        urls = {"/good": far_end.url("/nonsense"), "/inside": "wss://127.0.0.2:1/inside"}
        url = urls.get(post.path)
        body = f'{{"url":"{url}","wsHeaders":{{"Authorization":"{HEADER_SECRET}"}}}}' if url else "nothing"
        return Answer(pieces=[body.encode()])

    with web(answer) as running:
        yield running


@pytest.fixture(scope="module")
def callers(
    far_end: Bot, silent_port: str, closed_port: str, config_api: Web, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callers]:
    def agent(name: str, url: str, **more: object) -> str:
        headers = {"Authorization": f"Bearer {HEADER_SECRET}"}
        table = {"url": url + f"?token={QUERY_SECRET}", "dialect": "ivr", "headers": headers} | more
        return toml_agent(name, bot=table, fallback=["echo"], failover={"attempts": 1, "backoff_ms": 10})

    def asked(name: str) -> str:
        table = {"config_api": config_api.url(f"/{name}"), "dialect": "ivr"}
        return toml_agent(f"asked_{name}", bot=table, fallback=["echo"], failover={"attempts": 0})

    agents = "".join(agent(name, far_end.url(f"/{name}")) for name in STATUSES)
    agents += "".join(agent(name, far_end.url(f"/{name}")) for name in ("close", "drop", "huge", "flood", "inside"))
    agents += agent("nonsense", far_end.url("/nonsense"))
    agents += agent("mute", far_end.url("/mute"), first_audio_ms=1_000)
    agents += agent("closed", f"ws://{closed_port}/voice")
    agents += agent("blocked", "wss://localhost:9/voice")
    agents += agent("nowhere", "wss://no-such-host.invalid/voice")
    agents += "".join(map(asked, ("good", "inside", "nonsense")))
    slow = {"url": f"ws://{silent_port}/voice", "dialect": "ivr"}
    quick = {"attempts": 0, "connect_ms": 500}
    agents += toml_agent("slow", bot=slow, fallback=["echo"], failover=quick)
    agents += toml_agent("alone", bot={"url": f"ws://{closed_port}/voice", "dialect": "ivr"}, failover=quick)
    allow = [far_end.address, silent_port, closed_port, config_api.address]
    with calling(tmp_path_factory.mktemp("failures"), agents, allow, secrets=SECRETS) as placed:
        yield placed


def assert_echo(session: Session) -> None:
    """The fallback, which gives every byte back, has the call, or will: what is said before goes to the bot."""
    said = random.Random(1).randbytes(320 * 10)
    deadline_s = time.monotonic() + REPLY_S
    while said not in session.heard:
        assert time.monotonic() < deadline_s, f"no echo within {REPLY_S} s"
        session.speak(said)
        session.read_for(0.5)


@contextlib.contextmanager
def losing(callers: Callers) -> Iterator[list[str]]:
    """Afterwards the list has the reasons for which agents were lost meanwhile, as the log has them."""
    before = len(callers.log)
    reasons: list[str] = []
    yield reasons
    reasons += re.findall(r'agent lost.*?reason="?(\w+)', callers.log[before:])


REASONS = {
    "closed": "refused",
    "unauthorized": "unauthorized",
    "forbidden": "unauthorized",
    "overloaded": "server_error",
    "moved": "unexpected_status",
    "slow": "connect_timeout",
    "blocked": "address_blocked",
    "nowhere": "unknown_host",
}


@pytest.mark.parametrize("agent", REASONS)
def test_a_bot_that_is_not_reached(callers: Callers, agent: str) -> None:
    with losing(callers) as reasons, callers.omni(agent) as session:
        assert_echo(session)
        assert session.say_goodbye() == 1000
    assert set(reasons) == {REASONS[agent]}


def test_what_is_refused_for_good_is_not_tried_again(callers: Callers, far_end: Bot) -> None:
    for agent, upgrades in {"unauthorized": 1, "overloaded": 2}.items():
        before = len(far_end.upgrades)
        with callers.omni(agent) as session:
            assert_echo(session)
        assert len(far_end.upgrades) - before == upgrades, agent


LOST = {"close": "bot_closed", "drop": "bot_lost", "huge": "message_too_big", "mute": "no_first_audio"}


@pytest.mark.parametrize("agent", LOST)
def test_a_bot_that_is_lost_in_the_middle_of_the_call(callers: Callers, agent: str) -> None:
    with losing(callers) as reasons, callers.omni(agent) as session:
        session.speak(bytes(3_200))
        assert_echo(session)
        assert session.say_goodbye() == 1000
    assert set(reasons) == {LOST[agent]}


def test_without_a_fallback_the_apology_is_said_and_the_call_ends(callers: Callers) -> None:
    with losing(callers) as reasons, callers.omni("alone") as session:
        assert session.read_to_close() == 1011
        assert session.events[-1]["event"] == "session_ending"
        assert session.events[-1]["reason"] == "agent_lost"
        assert len(session.heard) > 8_000, "nothing was said"
    assert reasons == ["refused"]


def test_nonsense_is_dropped_and_the_call_goes_on(callers: Callers) -> None:
    with losing(callers) as reasons, callers.omni("nonsense") as session:
        assert_echo(session)
        assert session.say_goodbye() == 1000
    assert reasons == []


def test_a_flood_harms_nobody_else(callers: Callers) -> None:
    """Over six minutes of audio at once; what is more than may be held is refused, and other calls go on."""
    with callers.omni("flood") as session, callers.omni("echo") as other:
        session.wait_until(lambda: len(session.heard) >= 16_000)
        assert_echo(other)
        session.control(type="dtmf", digit="1")
        session.wait_event("dtmf")
        assert session.say_goodbye() == 1000


def test_a_bot_cannot_send_the_call_where_nobody_may_dial(callers: Callers) -> None:
    with callers.omni("inside") as session:
        session.control(type="dtmf", digit="1")
        assert_echo(session)


def test_a_bot_whose_place_is_asked_for(callers: Callers, far_end: Bot) -> None:
    with losing(callers) as reasons, callers.omni("asked_good") as session:
        assert_echo(session)
        assert session.say_goodbye() == 1000
    assert reasons == []
    assert far_end.upgrades[-1]["Authorization"] == HEADER_SECRET


@pytest.mark.parametrize("agent", ["asked_inside", "asked_nonsense"])
def test_an_answer_that_names_no_place_that_may_be_dialled(callers: Callers, agent: str) -> None:
    with losing(callers) as reasons, callers.omni(agent) as session:
        assert_echo(session)
    assert len(reasons) == 1


INSIDE = [
    "ws://127.0.0.1:9/voice",
    "ws://bots.example.com/voice",
    "wss://10.0.0.1/voice",
    "wss://169.254.169.254/latest/meta-data",
    "wss://2130706433/voice",
    "wss://[::ffff:127.0.0.1]/voice",
]


@pytest.mark.parametrize("url", INSIDE)
def test_an_address_that_may_not_be_dialled_is_an_error_of_the_configuration(
    tmp_path_factory: pytest.TempPathFactory, url: str
) -> None:
    """In words that say what to write, and do not repeat what may be secret."""
    path = tmp_path_factory.mktemp("inside") / "trunkline.toml"
    table = {"url": f"{url}?token={QUERY_SECRET}", "dialect": "ivr", "headers": {"X-Key": HEADER_SECRET}}
    path.write_text(CONFIG + toml_agent("inside", bot=table))
    done = subprocess.run(
        [binary(), "check", "--config", path],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        check=False,
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "agents.inside.bot" in said
    assert "egress.allow" in said
    assert not any(secret in said for secret in SECRETS)
