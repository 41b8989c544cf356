"""A webhook instead of a bot: AgentPhone's own library verifies and parses what we send, and its replies are spoken."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from agentphone import WebhookEvent, WebhookVerificationError, construct_event, verify_webhook

from callers import Callers, calling, toml_agent
from farends import Answer, Posted, Web, web
from gateway import ROOT
from omni import Session
from programs import Program, run

SECRET = "whsec_0123456789-planted-0123456789"
GREETING = "Hello from the hook."
TRANSFER_TO = "+15550188"
NDJSON = "application/x-ndjson"

# The vendor's example; the signature was made by its function.
VECTOR = {
    "payload": b'{"event":"agent.message","channel":"voice"}',
    "signature": "sha256=1b3af7a119acf8d513c3535bc56642501eeb82e28bb2f3880ac76b0a6b066f08",
    "secret": "whsec_test",
    "timestamp": "1736949605",
}


def lines(*objects: dict[str, object]) -> Answer:
    return Answer(content_type=NDJSON, pieces=[json.dumps(one).encode() + b"\n" for one in objects])


REPLIES = {
    "goodbye": Answer(pieces=[b'{"text":"Goodbye to you.","hangup":true}']),
    "human": Answer(pieces=[b'{"text":"I will connect you.","action":"transfer"}']),
    "stream": lines({"text": "Let me check.", "interim": True}, {"text": "It is there."}, {"text": "Never said."}),
    "nothing": Answer(pieces=[b'"a string is no reply"']),
    "fault": Answer(status=500),
}


def reply(post: Posted) -> Answer:
    if post.json["event"] != "agent.message":
        return Answer()
    said = post.json["data"]["transcript"].lower()
    return REPLIES.get(said, Answer(pieces=[json.dumps({"text": f"You said {said}."}).encode()]))


@pytest.fixture(scope="module")
def hook() -> Iterator[Web]:
    with web(reply) as running:
        yield running


@pytest.fixture(scope="module")
def example() -> Iterator[Program]:
    program = ROOT / "examples" / "bots" / "webhook" / "webhook.py"
    with run(sys.executable, program, "--port", "0", WEBHOOK_SECRET=SECRET) as running:
        yield running


@pytest.fixture(scope="module")
def callers(hook: Web, example: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    webhook = {"url": hook.url(), "secret": SECRET, "greeting": GREETING, "transfer_number": TRANSFER_TO}
    agents = toml_agent("hook", webhook=webhook | {"context_limit": 2})
    agents += toml_agent("example", webhook=webhook | {"url": f"http://{example.address}/"})
    home = tmp_path_factory.mktemp("webhook")
    with calling(home, agents, [hook.address, example.address], secrets=(SECRET,)) as placed:
        yield placed


def wait_said(session: Session, text: str) -> None:
    """Until the agent's transcript has this sentence."""
    while session.wait_event("transcript")["text"] != text:
        pass


def wait_turn(hook: Web, said: str) -> Posted:
    """The turn in which this was said; what calls before have posted is passed over."""
    while True:
        post = hook.wait_post("agent.message")
        if post.json["data"]["transcript"] == said:
            return post


def wait_end(hook: Web, call_id: str) -> Posted:
    """The end of this call."""
    while True:
        post = hook.wait_post("agent.call_ended")
        if post.json["data"]["callId"] == call_id:
            return post


def verified(post: Posted) -> WebhookEvent:
    """The vendor's library verifies and parses it."""
    return construct_event(
        post.body, post.headers["x-webhook-signature"], SECRET, post.headers["x-webhook-timestamp"]
    )


def test_the_vendors_vector() -> None:
    verify_webhook(**VECTOR, tolerance=None)
    with pytest.raises(WebhookVerificationError):
        verify_webhook(**VECTOR | {"secret": "whsec_other"}, tolerance=None)


def test_a_turn_is_posted_signed_and_the_reply_is_spoken(callers: Callers, hook: Web) -> None:
    with callers.omni("hook") as session:
        wait_said(session, GREETING)
        session.control(type="input_text", text="where is my order")
        post = wait_turn(hook, "where is my order")
        event = verified(post)
        assert (event.event, event.channel) == ("agent.message", "voice")
        assert event.data.transcript == "where is my order"
        assert event.data.status == "in-progress"
        assert event.data.direction == "inbound"
        assert event.data.call_id
        assert event.conversation_state is None
        assert set(post.json) == {
            "event", "channel", "timestamp", "agentId", "data", "conversationState", "recentHistory",
        }  # fmt: skip
        assert post.headers["content-type"].startswith("application/json")
        assert post.headers["x-webhook-id"]
        made = datetime.datetime.fromisoformat(event.timestamp)
        assert abs(datetime.datetime.now(datetime.UTC) - made) < datetime.timedelta(minutes=5)
        wait_said(session, "You said where is my order.")
        session.wait_until(lambda: len(session.heard) >= 16_000)
        heard = np.frombuffer(bytes(session.heard), "<i2").astype(float)
        assert np.sqrt(np.mean(heard**2)) > 100, "nothing is spoken"
        assert session.say_goodbye() == 1000


def test_a_body_that_was_changed_is_not_verified(callers: Callers, hook: Web) -> None:
    with callers.omni("hook") as session:
        session.control(type="input_text", text="hello")
        post = wait_turn(hook, "hello")
    verified(post)
    post.body += b" "
    with pytest.raises(WebhookVerificationError):
        verified(post)


def test_the_history_is_what_was_said_and_no_more_than_asked_for(callers: Callers, hook: Web) -> None:
    with callers.omni("hook") as session:
        wait_said(session, GREETING)
        ids = set()
        for said in ("one", "two", "three"):
            session.control(type="input_text", text=said)
            post = wait_turn(hook, said)
            ids.add(post.headers["x-webhook-id"])
            history = verified(post).recent_history
            wait_said(session, f"You said {said}.")
            # What has not been heard is no history.
            before = len(session.heard)
            session.wait_until(lambda before=before: len(session.heard) > before)
            session.read_until_quiet()
        assert len(ids) == 3
        assert len(history) == 2
        assert all(item.channel == "voice" for item in history)
        assert [item.direction for item in history] == ["inbound", "outbound"]
        assert history[0].content == "two"


def test_interim_lines_are_spoken_and_nothing_after_the_last(callers: Callers) -> None:
    with callers.omni("hook") as session:
        session.control(type="input_text", text="stream")
        wait_said(session, "Let me check.")
        wait_said(session, "It is there.")
        session.control(type="input_text", text="next")
        wait_said(session, "You said next.")
        assert not any(event.get("text") == "Never said." for event in session.events)


def test_hang_up_after_the_last_words(callers: Callers, hook: Web) -> None:
    with callers.omni("hook") as session:
        session.control(type="input_text", text="goodbye")
        call_id = wait_turn(hook, "goodbye").json["data"]["callId"]
        wait_said(session, "Goodbye to you.")
        assert session.read_to_close() == 1000
    ended = wait_end(hook, call_id)
    event = verified(ended)
    assert event.channel == "voice"
    data = ended.json["data"]
    assert data["callId"] == event.data.call_id
    assert data["status"] == "completed"
    assert data["durationSeconds"] >= 0
    assert data["startedAt"] <= data["endedAt"]
    said = [(turn["role"], turn["content"]) for turn in data["transcript"]]
    assert ("user", "goodbye") in said
    assert said[-1] == ("agent", "Goodbye to you.")


def test_a_transfer(callers: Callers) -> None:
    with callers.omni("hook") as session:
        session.control(type="input_text", text="human")
        assert session.wait_event("transfer_to_human")["destination"] == TRANSFER_TO
        assert session.read_to_close() == 1000


def test_a_reply_that_is_none_is_silence_and_the_call_goes_on(callers: Callers) -> None:
    with callers.omni("hook") as session:
        session.control(type="input_text", text="nothing")
        session.control(type="input_text", text="after it")
        wait_said(session, "You said after it.")


def test_the_end_is_posted_when_the_caller_hangs_up(callers: Callers, hook: Web) -> None:
    with callers.omni("hook") as session:
        session.control(type="input_text", text="last")
        call_id = wait_turn(hook, "last").json["data"]["callId"]
        wait_said(session, "You said last.")
        assert session.say_goodbye() == 1000
    assert wait_end(hook, call_id).json["data"]["status"] == "completed"


def test_the_example_webhook(callers: Callers, example: Program) -> None:
    with callers.omni("example") as session:
        session.control(type="input_text", text="my order")
        wait_said(session, "Let me check.")
        wait_said(session, "You said: my order")
        session.control(type="input_text", text="bye")
        assert session.read_to_close() == 1000
    assert example.wait_line("agent.message") == "agent.message my order"
    example.wait_line("agent.call_ended")
