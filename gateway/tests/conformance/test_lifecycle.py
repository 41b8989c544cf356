"""A gateway's life as a process: readiness, draining, exit code, and what it wrote down."""

from __future__ import annotations

import stat
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from gateway import CONFIG, Gateway
from omni import call_agent, open_session
from refusals import error_of


def get(url: str) -> tuple[int, str]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=15) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_call_in_progress_is_told_and_the_exit_is_clean(tmp_path: Path) -> None:
    gateway = Gateway.start(tmp_path, CONFIG.replace("2000", "0"))
    try:
        key = gateway.mint()
        gateway.seed_line()
        with call_agent(gateway.http, key, "echo") as session:
            session.configure()
            gateway.terminate()
            assert session.read_to_close() == 1001
            assert session.events[-1] == {"event": "session_ending", "reason": "shutdown"}
        gateway.check_stopped()
    finally:
        gateway.process.kill()
        gateway.process.wait()


def test_draining_refuses_new_calls_and_lets_old_ones_finish(tmp_path: Path) -> None:
    gateway = Gateway.start(tmp_path, CONFIG.replace("2000", "15000"))
    try:
        key = gateway.mint()
        with call_agent(gateway.http, key, "echo") as session:
            session.configure()
            assert get(f"{gateway.http}/readyz") == (200, "ready\n")
            gateway.terminate()
            while get(f"{gateway.http}/readyz")[0] == 200:
                pass
            assert get(f"{gateway.http}/readyz") == (503, "draining\n")
            assert get(f"{gateway.http}/healthz") == (200, "ok\n")
            with pytest.raises(InvalidStatus) as refused, call_agent(gateway.http, key, "echo"):
                pass
            assert refused.value.response.status_code == 503
            assert error_of(refused.value)["code"] == "shutting_down"
            session.control(type="dtmf", digit="1")
            session.wait_event("dtmf")
            assert session.say_goodbye() == 1000
        gateway.check_stopped()
    finally:
        gateway.process.kill()
        gateway.process.wait()


def test_secrets_on_disk_are_their_owners_alone(gateway: Gateway) -> None:
    for name in ("signing.key", "sandbox.key"):
        mode = stat.S_IMODE((gateway.data_dir / name).stat().st_mode)
        assert mode == 0o600, f"{name}: {mode:o}"
    assert stat.S_IMODE(gateway.data_dir.stat().st_mode) == 0o700


def test_the_sandbox_key_opens_a_socket(gateway: Gateway) -> None:
    key = gateway.keep_secret((gateway.data_dir / "sandbox.key").read_text().strip())
    with open_session(f"{gateway.ws}/v1/omni?session_label=echo", key) as session:
        session.wait_event("session_started")
        assert session.say_goodbye() == 1000


def test_metrics_name_no_keys(gateway: Gateway, key: str) -> None:
    with open_session(f"{gateway.ws}/v1/omni?session_label=echo&api_key={key}") as session:
        session.wait_event("session_started")
        status, text = get(f"{gateway.http}/metrics")
    assert status == 200
    assert "trunkline" in text
    assert not any(secret in text for secret in gateway.secrets)


def test_many_calls_at_once_do_not_mix(gateway: Gateway, key: str) -> None:
    """Each of 20 callers hears its own bytes and nobody else's."""
    wrong: list[int] = []

    def caller(number: int) -> None:
        said = bytes([number, 1]) * 160 * 25
        with call_agent(gateway.http, key, "echo") as session:
            session.configure()
            session.speak(said)
            session.wait_until(lambda: len(session.heard) >= len(said))
            if session.heard != said:
                wrong.append(number)

    callers = [threading.Thread(target=caller, args=(number,)) for number in range(20)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(60)
    assert not any(thread.is_alive() for thread in callers)
    assert wrong == []
