"""Tokens of OpenID Connect: JSON Web Tokens (RFC 7519) that an issuer has signed with RS256 or ES256."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from engine.doors.bootstrap import ADMIN
from engine.doors.issuer import Issuer
from engine.errors import Unauthorized
from engine.identity import SCOPES, Identity, with_implied

ALGORITHMS = ("RS256", "ES256")
LEEWAY = 30.0
"""Seconds by which the clocks of issuer and engine may differ."""

CHECKED_SECONDS = 60.0
"""Seconds for which a token that was found good is not checked again, so that a request costs no signature."""

REMEMBERED = 1_000
_MAX_OWNER = 200


class Tokens:
    """Takes the tokens of one issuer that are made for one audience. `scopes` and `owner` name claims; where there is
    no claim of that name, dots lead inside: `realm_access.roles`. `seconds` never jump."""

    def __init__(
        self, issuer: Issuer, audience: str, scopes: str, owner: str, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._scopes = scopes
        self._owner = owner
        self._seconds = seconds
        self._good: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    async def identify(self, token: str) -> Identity:
        """Who bears it. Raises Unauthorized with what is wrong, IssuerAway where the keys cannot be had."""
        now = self._seconds()
        known = self._good.get(token)
        if known is not None and now < known[0]:
            return known[1]
        try:
            claims = await self._claims(token)
        except jwt.PyJWTError as error:
            raise Unauthorized(f"this token is not taken: {_reason(error)}", sent=True) from None
        identity = self._identity(claims)
        left = float(claims["exp"]) + LEEWAY - time.time()
        self._good[token] = now + min(CHECKED_SECONDS, left), identity
        self._good.move_to_end(token)
        while len(self._good) > REMEMBERED:
            self._good.popitem(last=False)
        return identity

    async def close(self) -> None:
        """Stop asking the issuer."""
        await self._issuer.close()

    async def _claims(self, token: str) -> dict[str, Any]:
        head = jwt.get_unverified_header(token)
        if head.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        key = await self._issuer.key(head.get("kid"))
        if key is None or key.algorithm_name != head["alg"]:
            raise jwt.InvalidKeyError
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            audience=self._audience,
            issuer=self._issuer.url,
            leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims

    def _identity(self, claims: dict[str, Any]) -> Identity:
        owner = _named(claims["sub"], "sub") and _named(_claim(claims, self._owner), self._owner)
        given = _claim(claims, self._scopes)
        words = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
        if owner == ADMIN.owner and "admin" not in words:  # a name at the issuer does not make the first key's owner
            raise Unauthorized(f"this token is not taken: the owner `{owner}` is for admins alone", sent=True)
        return Identity(f"oidc:{claims['sub']}", owner, with_implied(scope for scope in SCOPES if scope in words))


def _named(value: Any, claim: str) -> str:
    """What can stand in lists and logs. Raises Unauthorized."""
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_OWNER or not value.isprintable():
        raise Unauthorized(f"this token is not taken: its claim `{claim}` names no owner", sent=True)
    return value


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim; where there is none of the whole name, what its parts lead to."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


_REASONS: dict[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not good yet",
    jwt.InvalidAudienceError: "it was made for another audience",
    jwt.InvalidIssuerError: "another issuer has made it",
    jwt.InvalidAlgorithmError: "it must be signed with RS256 or ES256",
    jwt.InvalidKeyError: "its issuer has no such key",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.MissingRequiredClaimError: "it lacks one of the claims exp, iss, aud, sub",
}


def _reason(error: jwt.PyJWTError) -> str:
    return _REASONS.get(type(error), "it cannot be read")
