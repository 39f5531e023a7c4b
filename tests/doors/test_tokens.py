"""Tokens of OpenID Connect, against an issuer that really answers."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.doors.issuer import UNKNOWN_SECONDS, Issuer, IssuerAway
from engine.doors.tokens import CHECKED_SECONDS, LEEWAY, Tokens
from engine.errors import Unauthorized
from tests.e2e.processes import ROOT

from .issuer import AUDIENCE, TestIssuer, described, ec_key, rsa_key

RSA, OTHER_RSA, SMALL_RSA, EC = rsa_key(), rsa_key(), rsa_key(1_024), ec_key()


class Seconds:
    """Time that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[TestIssuer]:
    """An issuer with a key of each kind."""
    issuer = TestIssuer()
    runner = await issuer.start()
    issuer.keys = [described("r1", RSA, use="sig"), described("e1", EC, alg="ES256")]
    yield issuer
    await runner.cleanup()


@pytest.fixture
def seconds() -> Seconds:
    """The time of what takes tokens."""
    return Seconds()


@pytest_asyncio.fixture
async def tokens(issuer: TestIssuer, seconds: Seconds) -> AsyncIterator[Tokens]:
    """What takes tokens of that issuer."""
    tokens = Tokens(Issuer(issuer.url, seconds), AUDIENCE, "scope", "sub", seconds)
    yield tokens
    await tokens.close()


def unsigned(claims: dict[str, Any], head: dict[str, Any], signature: bytes = b"") -> str:
    """A token as one who knows no key can write it."""
    parts = (json.dumps(head).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def signed(claims: dict[str, Any], head: dict[str, Any], key: RSAPrivateKey) -> str:
    """A token with whatever claims, and a good signature."""
    text = unsigned(claims, head).rpartition(".")[0]
    return unsigned(claims, head, jwt.get_algorithm_by_name("RS256").sign(text.encode(), key))


async def test_good_tokens_are_taken(issuer: TestIssuer, tokens: Tokens) -> None:
    for key, kid, algorithm in ((RSA, "r1", "RS256"), (EC, "e1", "ES256")):
        token = issuer.token(key, kid, algorithm, scope="openid author profile")
        identity = await tokens.identify(token)
        assert (identity.key, identity.owner) == ("oidc:anna", "anna")
        assert identity.scopes == {"author", "submit", "read"}
    assert issuer.asked == 1


async def test_clocks_may_differ_a_little(issuer: TestIssuer, tokens: Tokens) -> None:
    now = int(time.time())
    await tokens.identify(issuer.token(RSA, "r1", exp=now - int(LEEWAY) + 10))
    await tokens.identify(issuer.token(RSA, "r1", nbf=now + int(LEEWAY) - 10))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": "another"}, "another audience"),
        ({"aud": None}, "lacks"),
        ({"aud": []}, "lacks"),
        ({"aud": ["one", "other"]}, "another audience"),
        ({"iss": "https://elsewhere.example"}, "another issuer"),
        ({"iss": None}, "lacks"),
        ({"exp": 1_000}, "has expired"),
        ({"exp": None}, "lacks"),
        ({"exp": "soon"}, "cannot be read"),
        ({"nbf": 2**40}, "not good yet"),
        ({"sub": None}, "lacks"),
        ({"sub": 7}, "cannot be read"),
        ({"sub": ""}, "names no owner"),
        ({"sub": "a\nb"}, "names no owner"),
        ({"sub": "admin"}, "for admins alone"),
    ],
)
async def test_wrong_claims_are_refused(
    issuer: TestIssuer, tokens: Tokens, changed: dict[str, Any], reason: str
) -> None:
    head, claims = {"alg": "RS256", "kid": "r1"}, jwt.decode(
        issuer.token(RSA, "r1"), options={"verify_signature": False}
    )
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    with pytest.raises(Unauthorized, match=reason):
        await tokens.identify(signed(claims, head, RSA))


async def test_forged_tokens_are_refused(issuer: TestIssuer, tokens: Tokens) -> None:
    good = issuer.token(RSA, "r1")
    claims = jwt.decode(good, options={"verify_signature": False})
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hmac_algorithm = jwt.get_algorithm_by_name("HS256")
    text = unsigned(claims, {"alg": "HS256", "kid": "r1"}).rpartition(".")[0]
    body, _, signature = good.rpartition(".")
    head, other = good.partition(".")[0], unsigned(claims | {"sub": "root"}, {}).split(".")[1]
    forged = {
        "none": unsigned(claims, {"alg": "none", "kid": "r1"}),
        "None": unsigned(claims, {"alg": "None", "kid": "r1"}),
        "no algorithm": unsigned(claims, {"kid": "r1"}),
        "HS256 with the public key": unsigned(
            claims, {"alg": "HS256", "kid": "r1"}, hmac_algorithm.sign(text.encode(), public)
        ),
        "another key under a known id": issuer.token(OTHER_RSA, "r1"),
        "a key of the other kind": issuer.token(EC, "r1", "ES256"),
        "another algorithm of the same key": issuer.token(RSA, "r1", "RS512"),
        "an unknown id": issuer.token(OTHER_RSA, "r9"),
        "no id where there are several": issuer.token(RSA, None),
        "no signature": f"{body}.",
        "changed claims": f"{head}.{other}.{signature}",
        "a changed signature": f"{body}.{'A' * 10}{signature[10:]}",
        "its own key in the head": jwt.encode(
            claims, OTHER_RSA, "RS256", headers={"kid": "r1", "jwk": described("r1", OTHER_RSA)}
        ),
        "an id that is no text": unsigned(claims, {"alg": "RS256", "kid": ["r1"]}, b"x"),
        "no JSON": "a.b.c",
        "nothing": "..",
    }
    for what, token in forged.items():
        try:
            await tokens.identify(token)
        except Unauthorized:
            continue
        raise AssertionError(f"taken: {what}")


async def test_keys_that_are_too_weak_or_for_other_uses_are_not_taken(issuer: TestIssuer, tokens: Tokens) -> None:
    issuer.keys += [described("small", SMALL_RSA), described("enc", OTHER_RSA, use="enc"), {"kty": "oct", "k": "YQ"}]
    claims = jwt.decode(issuer.token(RSA, "r1"), options={"verify_signature": False})
    for key, kid in ((SMALL_RSA, "small"), (OTHER_RSA, "enc")):
        with pytest.raises(Unauthorized, match="no such key"):
            await tokens.identify(signed(claims, {"alg": "RS256", "kid": kid}, key))
    await tokens.identify(issuer.token(RSA, "r1"))


async def test_keys_are_turned_over(issuer: TestIssuer, tokens: Tokens, seconds: Seconds) -> None:
    await tokens.identify(issuer.token(RSA, "r1"))
    issuer.keys = [described("r2", OTHER_RSA)]
    with pytest.raises(Unauthorized):
        await tokens.identify(issuer.token(OTHER_RSA, "r2"))  # asked a moment ago
    seconds.now += UNKNOWN_SECONDS
    await tokens.identify(issuer.token(OTHER_RSA, "r2"))
    assert issuer.asked == 2
    with pytest.raises(Unauthorized):
        await tokens.identify(issuer.token(RSA, "r1", sub="bert"))
    await tokens.identify(issuer.token(OTHER_RSA, None))  # with one key there is no doubt which


async def test_unknown_keys_do_not_flood_the_issuer(issuer: TestIssuer, tokens: Tokens, seconds: Seconds) -> None:
    await tokens.identify(issuer.token(RSA, "r1"))
    for turn in range(1, 4):
        seconds.now += UNKNOWN_SECONDS
        for number in range(5):
            with pytest.raises(Unauthorized):
                await tokens.identify(issuer.token(RSA, f"unknown{number}"))
        assert issuer.asked == 1 + turn


async def test_where_the_issuer_is_away_its_keys_hold(issuer: TestIssuer, tokens: Tokens, seconds: Seconds) -> None:
    issuer.away = True
    with pytest.raises(IssuerAway):
        await tokens.identify(issuer.token(RSA, "r1"))
    issuer.away = False
    seconds.now += UNKNOWN_SECONDS
    await tokens.identify(issuer.token(RSA, "r1"))
    issuer.away = True
    seconds.now += 10_000
    await tokens.identify(issuer.token(RSA, "r1", sub="bert"))


async def test_a_discovery_document_of_another_issuer_is_not_believed(issuer: TestIssuer, tokens: Tokens) -> None:
    issuer.named = "https://elsewhere.example"
    with pytest.raises(IssuerAway):
        await tokens.identify(issuer.token(RSA, "r1"))


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "ftp://127.0.0.1/keys"])
async def test_keys_are_fetched_by_http_only(issuer: TestIssuer, tokens: Tokens, uri: str) -> None:
    issuer.jwks_uri = uri
    with pytest.raises(IssuerAway):
        await tokens.identify(issuer.token(RSA, "r1"))


async def test_a_good_token_is_not_checked_each_time_and_still_ends(
    issuer: TestIssuer, tokens: Tokens, seconds: Seconds
) -> None:
    token = issuer.token(RSA, "r1", exp=int(time.time()) + 30)
    first = await tokens.identify(token)
    assert await tokens.identify(token) is first
    seconds.now += CHECKED_SECONDS
    assert await tokens.identify(token) is not first


async def test_a_token_is_remembered_no_longer_than_it_is_good(
    issuer: TestIssuer, tokens: Tokens, seconds: Seconds
) -> None:
    token = issuer.token(RSA, "r1", exp=int(time.time()) - int(LEEWAY) + 5)
    first = await tokens.identify(token)
    seconds.now += 5
    assert await tokens.identify(token) is not first, "it is checked again"


@pytest.mark.parametrize(
    ("scopes", "owner", "claims", "found", "whose"),
    [
        ("scope", "sub", {"scope": "admin"}, {"admin", "author", "submit", "read", "service"}, "anna"),
        ("scope", "sub", {"scope": ["read", "service", 7, None]}, {"read", "service"}, "anna"),
        ("scope", "sub", {"scope": {"read": True}}, set(), "anna"),
        ("scope", "sub", {}, set(), "anna"),
        (
            "scope",
            "name",
            {"name": "admin", "scope": "admin"},
            {"admin", "author", "submit", "read", "service"},
            "admin",
        ),
        (
            "realm_access.roles",
            "email",
            {"realm_access": {"roles": ["submit"]}, "email": "a@b"},
            {"submit", "read"},
            "a@b",
        ),
        (
            "https://x.example/scopes",
            "org.name",
            {"https://x.example/scopes": "read", "org": {"name": "B"}},
            {"read"},
            "B",
        ),
        ("a.b.c", "sub", {"a": "read"}, set(), "anna"),
    ],
)
async def test_scopes_and_owner_come_from_the_claims_that_are_named(
    issuer: TestIssuer, scopes: str, owner: str, claims: dict[str, Any], found: set[str], whose: str
) -> None:
    tokens = Tokens(Issuer(issuer.url), AUDIENCE, scopes, owner)
    identity = await tokens.identify(issuer.token(RSA, "r1", **claims))
    assert identity.scopes == found and identity.owner == whose


def test_what_reads_tokens_is_loaded_only_where_an_issuer_is_named() -> None:
    """It takes a twentieth of the time in which an engine starts, and ten megabytes."""
    text = "import sys, engine.app; print('jwt' in sys.modules, 'cryptography' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "False False"
