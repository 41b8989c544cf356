"""Status callbacks: what is posted of a call, in which order, signed how, and again when nobody took it."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import queue
from collections.abc import Iterator
from typing import Any

import pytest

from callers import NUMBERS, Callers, calling, toml_agent
from carrier import FRAME_BYTES
from farends import Answer, Bot, Call, Posted, Web, bot, web

SECRET = "callback-secret-0123456789-callback"
TRANSFER_TO = "+15550199"
TERMINAL = {"call.completed", "call.failed", "call.busy", "call.no-answer", "call.canceled"}


def answer(call: Call) -> None:
    """`#` hangs up and `0` asks for a transfer."""
    while True:
        digit = call.wait("dtmf")["dtmf"]["digit"]
        if digit == "#":
            call.send(type="session.hangup")
        else:
            call.send(type="session.transfer", destination=TRANSFER_TO)


class Receiver:
    """Answers 503 to as many posts as it was told to."""

    def __init__(self) -> None:
        self.refusals = 0

    def __call__(self, _post: Posted) -> Answer:
        if self.refusals == 0:
            return Answer()
        self.refusals -= 1
        return Answer(status=503)


@pytest.fixture(scope="module")
def far_end() -> Iterator[Bot]:
    with bot(answer) as running:
        yield running


@pytest.fixture(scope="module")
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture(scope="module")
def hook(receiver: Receiver) -> Iterator[Web]:
    with web(receiver) as running:
        yield running


@pytest.fixture(scope="module")
def callers(far_end: Bot, hook: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    table = {
        "url": far_end.url(),
        "dialect": "ivr",
        "status_callback_url": hook.url("/calls?from=trunkline"),
        "status_callback_secret": SECRET,
    }
    nowhere = table | {"url": "wss://localhost:1/voice"}
    agents = toml_agent("bot", bot=table)
    agents += toml_agent("lost", bot=nowhere, failover={"attempts": 0})
    home = tmp_path_factory.mktemp("callbacks")
    with calling(home, agents, [far_end.address, hook.address], secrets=(SECRET,)) as placed:
        yield placed


@pytest.fixture(autouse=True)
def forget(hook: Web) -> None:
    """What earlier calls have posted is nobody's."""
    try:
        while True:
            hook.posted.get_nowait()
    except queue.Empty:
        pass


def posts_of_a_call(hook: Web) -> list[Posted]:
    """Up to the end of the call; each signed, and all of one call."""
    posts = [hook.next_post()]
    while posts[-1].json["event"] not in TERMINAL:
        posts.append(hook.next_post())
    for post in posts:
        check_signature(post)
    assert len({post.json["call_id"] for post in posts}) == 1
    return posts


def check_signature(post: Posted) -> None:
    made = hmac.new(SECRET.encode(), post.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(made, post.headers["x-signature"])
    assert post.headers["x-signature-algorithm"] == "HMAC-SHA256"
    assert post.headers["content-type"].startswith("application/json")
    assert post.headers["x-call-id"] == post.json["call_id"]
    assert post.headers["x-timestamp"] == post.json["timestamp"]


def names(posts: list[Posted]) -> list[str]:
    return [post.json["event"] for post in posts]


def last(posts: list[Posted]) -> dict[str, Any]:
    return posts[-1].json


def test_a_call_that_the_caller_ends(callers: Callers, hook: Web) -> None:
    with callers.twilio("bot") as stream:
        stream.speak(b"\x80" * FRAME_BYTES * 10)
        stream.stop()
    posts = posts_of_a_call(hook)
    assert {post.path for post in posts} == {"/calls?from=trunkline"}
    assert names(posts) == ["call.initiated", "call.in-progress", "call.completed"]
    for post in posts:
        assert post.json["direction"] == "inbound"
        assert (post.json["from"], post.json["to"]) == (NUMBERS["from"], NUMBERS["to"])
        assert post.json["event"] == "call." + post.json["status"]
    times = [datetime.datetime.fromisoformat(post.json["timestamp"]) for post in posts]
    assert times == sorted(times)
    ended = last(posts)
    assert ended["hangup_cause"] == "16"
    assert ended["disconnected_by"] == "caller"
    assert ended["duration"] >= 0


def test_a_call_that_the_bot_ends(callers: Callers, hook: Web) -> None:
    with callers.omni("bot") as session:
        session.control(type="dtmf", digit="#")
        assert session.read_to_close() == 1000
    ended = last(posts_of_a_call(hook))
    assert ended["event"] == "call.completed"
    assert ended["disconnected_by"] == "agent"


def test_a_transfer_that_the_callers_side_makes(callers: Callers, hook: Web) -> None:
    with callers.omni("bot") as session:
        session.control(type="dtmf", digit="0")
        session.wait_event("transfer_to_human")
        session.read_to_close()
    posts = posts_of_a_call(hook)
    assert names(posts) == ["call.initiated", "call.in-progress", "call.transferring", "call.completed"]
    assert posts[2].json["transfer_to"] == TRANSFER_TO
    assert posts[2].json["transfer_status"] == "initiating"
    assert last(posts)["transfer_to"] == TRANSFER_TO
    assert last(posts)["transfer_status"] == "handed_off"


def test_a_transfer_that_cannot_be_made(callers: Callers, hook: Web, far_end: Bot) -> None:
    with callers.twilio("bot") as stream:
        stream.press("0")
        while not hook.next_post().json["event"] == "call.transferring":
            pass
        stream.press("#")
        with pytest.raises(Exception, match="1000"):
            stream.wait_until(lambda: False)
    ended = hook.next_post().json
    assert ended["event"] == "call.completed"
    assert ended["transfer_status"] == "failed"
    assert ended["transfer_to"] == TRANSFER_TO


def test_an_agent_that_is_lost(callers: Callers, hook: Web) -> None:
    """The address is none that may be dialled, and there is no other agent."""
    with callers.omni("lost") as session:
        assert session.read_to_close() == 1011
    ended = last(posts_of_a_call(hook))
    assert ended["event"] == "call.failed"
    assert ended["hangup_cause"] == "38"
    assert ended["disconnected_by"] == "agent"
    assert ended["agent_lost"] == ["address_blocked"]


def test_what_nobody_took_is_posted_again_in_order(callers: Callers, hook: Web, receiver: Receiver) -> None:
    receiver.refusals = 2
    with callers.omni("bot") as session:
        session.control(type="dtmf", digit="#")
        session.read_to_close()
    posts = posts_of_a_call(hook)
    assert names(posts) == ["call.initiated"] * 3 + ["call.in-progress", "call.completed"]
    assert len({post.body for post in posts[:3]}) == 1, "the same again"
