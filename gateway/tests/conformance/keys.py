"""Keys read and made from their documented format alone, with libsodium's Ed25519 (PyNaCl).

    <prefix>_<test|live>_[sess_]<base64url of payload and signature>

    01 | key id, 8 | token id, 12 | environment | org | project | scopes | limits | issued_at_s | lifetime_s
       | 0, or 1 and: count, 16-byte origins | single_use | 0, or 1 and the label | 0, or 1 and 32 bytes

Texts are preceded by their length; lengths, counts and times are LEB128. Signed is what stands before the base64url,
followed by the payload. The signing key's file is `trunkline-ed25519-1 <base64url of the seed>`.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from nacl.signing import SigningKey

SIGNATURE_BYTES = 64
ENVIRONMENTS = ("test", "live")


@dataclass
class Session:
    """The claims of a token made for one session."""

    origins: list[str] = field(default_factory=list)
    single_use: bool = False
    label: str | None = None


@dataclass
class Claims:
    """What a key says."""

    scopes: str
    environment: str = "test"
    org: str = "independent"
    project: str = "conformance"
    limits: str = "default"
    issued_at_s: int = field(default_factory=lambda: int(time.time()))
    lifetime_s: int = 3_600
    token_id: bytes = field(default_factory=lambda: secrets.token_bytes(12))
    session: Session | None = None


@dataclass
class Opened:
    """A key taken apart."""

    signed: bytes
    signature: bytes
    key_id: bytes
    claims: Claims


def seed_key(line: str) -> SigningKey:
    """The signing key of a key file's line."""
    name, seed = line.split(" ")
    assert name == "trunkline-ed25519-1"
    return SigningKey(decode64(seed))


def key_id(key: SigningKey) -> bytes:
    return hashlib.sha256(bytes(key.verify_key)).digest()[:8]


def mint(key: SigningKey, claims: Claims, prefix: str = "trunkline") -> str:
    head = f"{prefix}_{claims.environment}_" + ("sess_" if claims.session else "")
    payload = b"\x01" + key_id(key) + encode(claims)
    signature = key.sign(head.encode() + payload).signature
    return head + encode64(payload + signature)


def open_key(token: str) -> Opened:
    """Takes a key apart without checking its signature."""
    prefix, environment, rest = token.split("_", 2)
    is_session = rest.startswith("sess_")
    body = rest.removeprefix("sess_")
    raw = decode64(body)
    payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    reader = Reader(payload)
    assert reader.take(1) == b"\x01"
    signer = reader.take(8)
    claims = reader.claims()
    assert reader.rest == b""
    assert claims.environment == environment
    assert (claims.session is not None) == is_session
    return Opened(token.removesuffix(body).encode() + payload, signature, signer, claims)


def encode(claims: Claims) -> bytes:
    out = claims.token_id + bytes([ENVIRONMENTS.index(claims.environment)])
    for value in (claims.org, claims.project, claims.scopes, claims.limits):
        out += text(value)
    out += varint(claims.issued_at_s) + varint(claims.lifetime_s)
    session = claims.session
    if session is None:
        return out + b"\0"
    out += b"\x01" + varint(len(session.origins))
    out += b"".join(hashlib.sha256(origin.encode()).digest()[:16] for origin in session.origins)
    out += bytes([session.single_use])
    out += b"\0" if session.label is None else b"\x01" + text(session.label)
    return out + b"\0"


class Reader:
    """Reads claims from the front of some bytes."""

    def __init__(self, rest: bytes) -> None:
        self.rest = rest

    def take(self, count: int) -> bytes:
        assert len(self.rest) >= count, f"expected {count} bytes, got {len(self.rest)}"
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self) -> str:
        return self.take(self.varint()).decode()

    def claims(self) -> Claims:
        token_id = self.take(12)
        environment = ENVIRONMENTS[self.take(1)[0]]
        org, project, scopes, limits = (self.text() for _ in range(4))
        issued_at_s, lifetime_s = self.varint(), self.varint()
        assert self.take(1) == b"\0", "a key made by `keys mint` is bound to no session"
        return Claims(
            scopes=scopes,
            environment=environment,
            org=org,
            project=project,
            limits=limits,
            issued_at_s=issued_at_s,
            lifetime_s=lifetime_s,
            token_id=token_id,
        )


def text(value: str) -> bytes:
    return varint(len(value.encode())) + value.encode()


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def encode64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode64(text64: str) -> bytes:
    return urlsafe_b64decode(text64 + "=" * (-len(text64) % 4))
