"""Where a key may be, and what is answered before the upgrade."""

from __future__ import annotations

from typing import Any

import pytest
from pyai import PyAI
from websockets.exceptions import InvalidStatus

from gateway import Gateway
from omni import open_session
from refusals import error_of

PATH = "/v1/omni?session_label=echo"


def refused(url: str, **options: Any) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught, open_session(url, **options):
        pass
    return caught.value


def test_without_a_key(gateway: Gateway) -> None:
    for options in ({}, {"subprotocols": ["pyai.v1"]}, {"additional_headers": {"Authorization": "Basic eDp5"}}):
        answer = refused(gateway.ws + PATH, **options)
        assert answer.response.status_code == 401
        assert answer.response.headers["WWW-Authenticate"] == "Bearer"
        error = error_of(answer)
        assert (error["code"], error["type"]) == ("unauthorized", "authentication_error")


def test_with_a_key_that_is_none(gateway: Gateway) -> None:
    planted = gateway.keep_secret("pyai_test_WronglyPlantedKey0123456789WronglyPlantedKey")
    for options in (
        {"key": planted},
        {"additional_headers": {"Authorization": f"Bearer {planted}"}},
        {"additional_headers": {"x-api-key": planted}},
    ):
        answer = refused(gateway.ws + PATH, **options)
        assert answer.response.status_code == 401
        assert error_of(answer)["code"] == "unauthorized"
        assert planted not in answer.response.body.decode()
    answer = refused(f"{gateway.ws}{PATH}&api_key={planted}")
    assert answer.response.status_code == 401


def test_every_place_of_a_key(gateway: Gateway, key: str) -> None:
    sdk = PyAI(api_key=key, base_url=gateway.http)
    in_query = sdk.realtime_url(session_label="echo", query={"api_key": key})
    places: list[tuple[str, dict[str, Any], str | None]] = [
        (in_query, {}, None),
        (gateway.ws + PATH, {"additional_headers": {"Authorization": f"Bearer {key}"}}, None),
        (gateway.ws + PATH, {"additional_headers": {"x-api-key": key}}, None),
        (gateway.ws + PATH, {"subprotocols": [f"pyai-key.{key}", "pyai.v1"]}, "pyai.v1"),
        (gateway.ws + PATH, {"subprotocols": [f"openai-insecure-api-key.{key}"]}, None),
        (gateway.ws + PATH, {"subprotocols": [sdk.realtime_subprotocol()]}, None),
    ]
    for url, options, echoed in places:
        with open_session(url, **options) as session:
            assert session.socket.subprotocol == echoed, options
            session.wait_event("session_started")
            assert session.say_goodbye() == 1000


def test_two_keys_that_differ(gateway: Gateway, key: str) -> None:
    other = gateway.mint()
    answer = refused(gateway.ws + PATH, key=key, additional_headers={"x-api-key": other})
    assert answer.response.status_code == 401
    assert answer.response.headers["WWW-Authenticate"] == 'Bearer error="invalid_request"'


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("rate=44100", "rate"),
        ("rate=x", "rate"),
        ("format=opus", "format"),
        ("session_label=" + "x" * 257, "session_label"),
    ],
)
def test_a_query_that_asks_for_what_is_not_there(gateway: Gateway, key: str, query: str, param: str) -> None:
    answer = refused(f"{gateway.ws}/v1/omni?{query}", key=key)
    assert answer.response.status_code == 400
    error = error_of(answer)
    assert (error["code"], error["type"], error["param"]) == ("invalid_request_error", "invalid_request_error", param)


def test_addresses_that_lead_nowhere(gateway: Gateway, key: str) -> None:
    bearer = {"Authorization": f"Bearer {key}"}
    answer = refused(f"{gateway.ws}/v1/nothing", additional_headers=bearer)
    assert (answer.response.status_code, error_of(answer)["code"]) == (404, "not_found")
    answer = refused(f"{gateway.ws}/v1/telephony/streams/twilio/nobody", additional_headers=bearer)
    assert (answer.response.status_code, error_of(answer)["code"]) == (404, "not_found")


def test_a_carrier_without_a_key_learns_no_names(gateway: Gateway) -> None:
    known = refused(f"{gateway.ws}/v1/telephony/streams/twilio/echo")
    unknown = refused(f"{gateway.ws}/v1/telephony/streams/twilio/nobody")
    assert known.response.status_code == unknown.response.status_code == 401
    assert known.response.body == unknown.response.body
