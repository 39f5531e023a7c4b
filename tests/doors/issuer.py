"""An issuer of OpenID Connect for tests: a server of its own with real keys, that can turn them, go away and lie."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

AUDIENCE = "engine-of-the-tests"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2_048) -> rsa.RSAPrivateKey:
    """A new key for RS256."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """A new key for ES256."""
    return ec.generate_private_key(ec.SECP256R1())


def described(kid: str | None, key: Private, **more: str) -> dict[str, Any]:
    """The public half, as a JWKS has it."""
    algorithm: Any = jwt.get_algorithm_by_name("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256")
    found = dict(algorithm.to_jwk(key.public_key(), as_dict=True))
    found.pop("key_ops", None)
    return found | more | ({} if kid is None else {"kid": kid})


class TestIssuer:
    """Its answers may be changed at any time; `asked` counts how often the keys were fetched."""

    __test__ = False

    def __init__(self) -> None:
        self.url = ""
        self.named: str | None = None
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.away = False
        self.jwks_uri: str | None = None

    def token(self, key: Private | bytes | str, kid: str | None, algorithm: str = "RS256", **changed: Any) -> str:
        """A token that is good but for what is changed; a claim that is changed to None is left out."""
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.url, "aud": AUDIENCE, "sub": "anna", "iat": now, "exp": now + 300}
        claims = {name: value for name, value in (claims | changed).items() if value is not None}
        return jwt.encode(claims, key, algorithm, headers=None if kid is None else {"kid": kid})

    async def discovery(self, request: web.Request) -> web.Response:
        """The discovery document."""
        if self.away:
            return web.Response(status=503)
        return web.json_response({"issuer": self.named or self.url, "jwks_uri": self.jwks_uri or f"{self.url}/keys"})

    async def jwks(self, request: web.Request) -> web.Response:
        """The keys."""
        self.asked += 1
        return web.json_response({"keys": self.keys})

    async def start(self) -> web.AppRunner:
        """Listen on a free port of loopback."""
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.discovery)
        app.router.add_get("/keys", self.jwks)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner


@contextmanager
def issuer_in_a_thread() -> Iterator[TestIssuer]:
    """One that answers while the test's own thread waits."""
    issuer, loop = TestIssuer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(issuer.start(), loop).result(10)
    try:
        yield issuer
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
