"""API keys: how they are made, read and compared. Pure.

A key is `aim_<id>_<secret>`. The id is public; the secret is 256 random bits. What follows from it is a chain of
SHA-256: the pass, which is what the cookie of a session holds, and the digest of the pass, which is all that is stored.
So neither a stolen cookie nor a copy of the store tells a key, and a copy of the store no pass either. The secret being
as long as it is, it needs no slow hash.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

_ID_BYTES = 8
_MAX_TOKEN = 16_000
_SECRET_BYTES = 32
_KEY = re.compile(r"aim_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_PASS = re.compile(r"([0-9a-f]{16}|admin)\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody has shown: the id of a key, and the pass that follows from its secret."""

    id: str
    passed: str = field(repr=False)


def new_key() -> tuple[str, str]:
    """A new id, and the key with it, whose secret is nowhere else."""
    key_id = secrets.token_hex(_ID_BYTES)
    return key_id, f"aim_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def read_key(text: str) -> Shown | None:
    """What a key shows; None for what is no key."""
    found = _KEY.fullmatch(text)
    return None if found is None else Shown(found[1], pass_of(found[2]))


def read_pass(text: str) -> Shown | None:
    """What the cookie of a session shows; None for what is none."""
    found = _PASS.fullmatch(text)
    return None if found is None else Shown(found[1], found[2])


def pass_of(secret: str) -> str:
    """What follows from a secret."""
    return sha256(b"pass " + secret.encode()).hexdigest()


def digest_of(passed: str) -> str:
    """What is stored of a pass."""
    return sha256(passed.encode()).hexdigest()


def fits(passed: str, digest: str) -> bool:
    """Whether the pass is the one that the digest was made of, in a time that does not depend on how much of it is."""
    return hmac.compare_digest(digest_of(passed), digest)


def is_token(text: str) -> bool:
    """Whether it has the form of one: three parts."""
    return text.count(".") == 2 and len(text) <= _MAX_TOKEN
