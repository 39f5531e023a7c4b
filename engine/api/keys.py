"""API keys: made, listed and revoked by an admin."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from engine.api.answers_doors import KEY, KEYS, NEW_KEY, POST_KEY
from engine.api.deps import Engine, Json, actor_of, engine_of, moment, read_json
from engine.doors.keys import digest_of, new_key, read_key
from engine.errors import Fault, NotFound, Unprocessable
from engine.identity import Scope
from engine.pipeline.jsontext import pointer
from engine.store.base import KeyLimits, KeyRow

router = APIRouter(tags=["keys"])


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("must be printable, and neither begin nor end with a blank")
    return text


def _time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("must be a time with its zone, as 2030-12-31T23:59:59Z")
    return text


_Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_printable)]


class _Limits(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    running: Annotated[int, Field(ge=1, le=10**9)] | None = None
    per_second: Annotated[float, Field(gt=0, le=10**6, allow_inf_nan=False)] | None = None


class _NewKey(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Label
    owner: _Label
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    expires: Annotated[str, Field(max_length=40), AfterValidator(_time)] | None = None
    limits: _Limits = _Limits()


@router.get("/keys", summary="All keys, without their secrets", responses=KEYS)
async def get_keys(request: Request) -> Response:
    """In the order in which they were made, also those that were revoked or have expired."""
    engine = engine_of(request)
    return Json({"keys": [_view(engine, row) for row in await engine.store.keys()]})


@router.post("/keys", summary="Make a key", openapi_extra=POST_KEY, responses=NEW_KEY)
async def post_key(request: Request) -> Response:
    """The answer holds the key, which is shown this once: only a digest of it is kept."""
    engine = engine_of(request)
    wanted = _read(await read_json(request))
    now = engine.clock.now()
    expires = None if wanted.expires is None else int(datetime.fromisoformat(wanted.expires).timestamp() * 1_000_000)
    if expires is not None and expires <= now:
        raise Unprocessable("the key is wrong", [Fault("/expires", "must lie in the future")])
    key_id, key = new_key()
    shown = read_key(key)
    assert shown is not None
    limits = KeyLimits(running=wanted.limits.running, per_second=wanted.limits.per_second)
    scopes = tuple(dict.fromkeys(wanted.scopes))
    row = KeyRow(key_id, wanted.name, wanted.owner, scopes, digest_of(shown.passed), now, expires, None, limits)
    await actor_of(request).note("key.made", key_id, f"{row.name}, for {row.owner}: {' '.join(scopes)}")
    await engine.store.add_key(row)
    await engine.guard.keyring.changed(key_id)
    return Json({**_view(engine, row), "key": key}, headers={"Cache-Control": "no-store"})


@router.delete("/keys/{key_id}", summary="Revoke a key", responses=KEY)
async def delete_key(key_id: str, request: Request) -> Response:
    """From now on nobody comes in with it, through other engines two seconds later. It stays in the list."""
    engine = engine_of(request)
    known = next((each for each in await engine.store.keys() if each.id == key_id), None)
    if known is None:
        raise NotFound("there is no such key")
    if known.revoked is None:
        await actor_of(request).note("key.revoked", key_id, f"{known.name}, for {known.owner}")
    await engine.store.revoke_key(key_id, engine.clock.now())
    await engine.guard.keyring.changed(key_id)
    row = next(each for each in await engine.store.keys() if each.id == key_id)
    return Json(_view(engine, row))


def _read(document: Any) -> _NewKey:
    """What is asked for. Raises Unprocessable."""
    try:
        return _NewKey.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(pointer(*fault["loc"]), str(fault["msg"])) for fault in found]
        raise Unprocessable("the key is wrong", faults) from None


def _view(engine: Engine, row: KeyRow) -> dict[str, Any]:
    state = "good"
    if row.revoked is not None:
        state = "revoked"
    elif row.expires is not None and row.expires <= engine.clock.now():
        state = "expired"
    return {
        "id": row.id,
        "name": row.name,
        "owner": row.owner,
        "scopes": list(row.scopes),
        "state": state,
        "created": moment(row.created),
        "expires": moment(row.expires),
        "revoked": moment(row.revoked),
        "limits": dict(row.limits),
    }
