"""Keys checked and made by an independent Ed25519 (libsodium) from the documented format."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey
from websockets.exceptions import InvalidStatus

import keys
from gateway import Gateway
from keys import Claims, Session
from omni import Session as OmniSession
from omni import open_session
from refusals import error_of

ORIGIN = "https://shop.example"


def opening(gateway: Gateway, key: str, **options: object) -> AbstractContextManager[OmniSession]:
    return open_session(f"{gateway.ws}/v1/omni?session_label=echo", key, **options)


def refusal(gateway: Gateway, key: str, **options: object) -> tuple[int, str]:
    """Status and code a socket is refused with."""
    with pytest.raises(InvalidStatus) as refused, opening(gateway, key, **options):
        pass
    return refused.value.response.status_code, error_of(refused.value)["code"]


def test_a_minted_key_verifies_elsewhere(gateway: Gateway, signer: SigningKey) -> None:
    options = ["--scopes", "omni:session", "--env", "live", "--org", "acme", "--ttl-s", "600"]
    before = int(time.time())
    token = gateway.mint(*options, "--project", "shop", "--prefix", "acme-voice")
    opened = keys.open_key(token)
    signer.verify_key.verify(opened.signed, opened.signature)
    assert opened.key_id == keys.key_id(signer)
    claims = opened.claims
    assert token.startswith("acme-voice_live_")
    assert len(token) <= 512
    assert (claims.org, claims.project, claims.scopes) == ("acme", "shop", "omni:session")
    assert claims.environment == "live"
    assert claims.lifetime_s == 600
    assert before <= claims.issued_at_s <= int(time.time())
    with pytest.raises(BadSignatureError):
        signer.verify_key.verify(opened.signed.replace(b"_live_", b"_test_"), opened.signature)


def test_our_encoding_is_the_gateways(gateway: Gateway, signer: SigningKey) -> None:
    token = gateway.mint("--scopes", "omni:session,telephony:stream")
    assert keys.mint(signer, keys.open_key(token).claims) == token


def test_a_key_made_elsewhere_opens_a_socket(gateway: Gateway, signer: SigningKey) -> None:
    token = gateway.keep_secret(keys.mint(signer, Claims("omni:session"), prefix="pyai"))
    with opening(gateway, token) as session:
        session.wait_event("session_started")
        assert session.say_goodbye() == 1000


def test_inspect_reads_a_key_made_elsewhere(gateway: Gateway, signer: SigningKey) -> None:
    claims = Claims("omni:session", org="elsewhere", lifetime_s=60)
    token = gateway.keep_secret(keys.mint(signer, claims))
    shown = gateway.keys("inspect", stdin=token)
    fields = dict(line.split(maxsplit=1) for line in shown.splitlines() if line.startswith(("org", "scopes")))
    assert fields == {"org": "elsewhere", "scopes": "omni:session"}
    assert shown.splitlines()[-1] == "good"


def test_wrong_keys_are_refused(gateway: Gateway, signer: SigningKey) -> None:
    now = int(time.time())
    good = keys.mint(signer, Claims("omni:session"))
    wrong = {
        "another signer": keys.mint(SigningKey.generate(), Claims("omni:session")),
        "another environment": good.replace("_test_", "_live_", 1),
        "another prefix": good.replace("trunkline_", "trunkl1ne_", 1),
        "cut": good[:-2],
        "expired": keys.mint(signer, Claims("omni:session", issued_at_s=now - 100, lifetime_s=50)),
        "from the future": keys.mint(signer, Claims("omni:session", issued_at_s=now + 3_600)),
    }
    got = {why: refusal(gateway, gateway.keep_secret(token)) for why, token in wrong.items()}
    assert got == dict.fromkeys(wrong, (401, "unauthorized"))


def test_a_key_opens_only_what_it_is_for(gateway: Gateway, signer: SigningKey) -> None:
    token = gateway.keep_secret(keys.mint(signer, Claims("telephony:stream")))
    assert refusal(gateway, token) == (403, "forbidden")


def test_a_session_token_is_bound_to_its_origins(gateway: Gateway, signer: SigningKey) -> None:
    claims = Claims("omni:session", session=Session(origins=[ORIGIN], label="echo"))
    token = gateway.keep_secret(keys.mint(signer, claims))
    with opening(gateway, token, origin=ORIGIN) as session:
        session.wait_event("session_started")
    refused = (403, "origin_not_allowed")
    assert refusal(gateway, token) == refused
    assert refusal(gateway, token, origin="http://shop.example") == refused
    assert refusal(gateway, token, origin=f"{ORIGIN}.evil.example") == refused


def test_a_revoked_key_is_refused_and_others_are_not(gateway: Gateway, key: str) -> None:
    token = gateway.mint("--scopes", "omni:session")
    with opening(gateway, token) as session:
        session.wait_event("session_started")
    gateway.keys("revoke", stdin=token)
    deadline = time.monotonic() + 10
    while True:
        try:
            with opening(gateway, token):
                assert time.monotonic() < deadline, "still good after 10 s"
        except InvalidStatus as refused:
            assert error_of(refused)["message"] == "The API key was revoked."
            break
    with opening(gateway, key) as session:
        session.wait_event("session_started")
