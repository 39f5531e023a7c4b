"""API keys: the one that a client sends, and those that an admin makes and revokes."""

import os
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import quote

from engine.client.calls import Call
from engine.client.errors import AimError
from engine.client.inputs import Payload
from engine.client.shapes import Json
from engine.client.wire import Wire

VARIABLE = "AIM_KEY"


def bearing(key: str | None) -> dict[str, str]:
    """The headers that bear a key: this one, else that of the environment (`AIM_KEY`); none where there is none.

    Raises AimError where it can be no key. The text of the error has nothing of it.
    """
    found = (os.environ.get(VARIABLE, "") if key is None else key).strip()
    if not found:
        return {}
    if not all("!" <= character <= "~" for character in found):
        raise AimError(0, "Wrong key", "what was given as key can be none: it has blanks, or characters beyond ASCII")
    return {"Authorization": f"Bearer {found}"}


class Keys:
    """The keys of an engine, for an admin. Each method raises AimError where the engine says no, and Unreachable."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def make(
        self,
        name: str,
        owner: str,
        scopes: Sequence[str],
        expires: str | None = None,
        running: int | None = None,
        per_second: float | None = None,
    ) -> Json:
        """A new key: its id, and as `key` what is to be sent, which is shown this once. `expires` is RFC 3339."""
        body: dict[str, Any] = {"name": name, "owner": owner, "scopes": list(scopes), "expires": expires}
        body["limits"] = {"running": running, "per_second": per_second}
        call = Call("POST", "/keys", payload=Payload(json=body), repeatable=False)
        return cast(Json, await self._wire.ask(call))

    async def all(self) -> list[Json]:
        """All keys, without their secrets."""
        return cast(list[Json], (await self._wire.ask(Call("GET", "/keys")))["keys"])

    async def revoke(self, key_id: str) -> Json:
        """From now on nobody comes in with the key of this id."""
        return cast(Json, await self._wire.ask(Call("DELETE", f"/keys/{quote(key_id, safe='')}")))

    async def identity(self) -> Json:
        """Who the engine takes this client for: `keys` (whether it asks for keys), `key`, `owner`, `scopes`."""
        return cast(Json, await self._wire.ask(Call("GET", "/identity")))
