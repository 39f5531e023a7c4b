"""Which model answers: the served one, for a share of the calls a candidate, and how a new one takes their place."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .manifest import CANDIDATE, SERVED, Pointer, WrongManifest, read_pointer
from .model import Model, Refused, load_model
from .places import Place, PlaceError

log = logging.getLogger("digit_recognition")

Role = Literal["served", "candidate"]

DEFAULT_SHARE = 0.1
"""Of the calls, where the pointer to a candidate does not say."""

AGAIN = 30.0
"""Seconds after which a model that was refused is looked at again, if its pointer is still the same."""


@dataclass(slots=True)
class Agreement:
    """How often a candidate and the served model have said the same on the calls that both were asked."""

    agree: int = 0
    disagree: int = 0
    failed: int = 0

    @property
    def calls(self) -> int:
        return self.agree + self.disagree + self.failed


@dataclass(frozen=True, slots=True)
class Serving:
    """The models at one moment; a call works with one of these from its beginning to its end."""

    served: Model
    candidate: Model | None = None
    share: float = 0.0
    agreement: Agreement = field(default_factory=Agreement)
    calls: itertools.count[int] = field(default_factory=itertools.count)

    def asks_candidate(self) -> bool:
        """Tell whether the next call is the candidate's: exactly its share of all calls, evenly spread."""
        if self.candidate is None:
            return False
        number = next(self.calls)
        return int((number + 1) * self.share) > int(number * self.share)


@dataclass(slots=True)
class _Seen:
    """The pointer of a role as it was read last, and why what it names was refused, and when."""

    data: bytes | None = None
    reason: str | None = None
    manifest: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class _News:
    """What a pointer names now: nothing, where it is gone or refused."""

    model: Model | None = None
    share: float = 0.0


class Registry:
    """Keeps the models of a place; `look` is called from one thread, all else from any."""

    def __init__(self, place: Place | None, shipped: Place) -> None:
        """Load the model that ships with the service, and what is published. Raises Refused, if the first is broken."""
        self._place = place
        self._lock = threading.Lock()
        self._seen: dict[Role, _Seen] = {"served": _Seen(), "candidate": _Seen()}
        self._loaded: dict[str, Model] = {}
        self.trouble: str | None = None
        self.refused: dict[Role, int] = {"served": 0, "candidate": 0}
        self.compared_calls: dict[str, int] = {"agree": 0, "disagree": 0, "failed": 0}
        self.swaps = 0
        data = shipped.read(SERVED)
        if data is None:
            raise Refused(f"{shipped} has no {SERVED}")
        self._serving = Serving(load_model(shipped, read_pointer(data)))
        self.shipped = True
        self.look()

    @property
    def serving(self) -> Serving:
        return self._serving

    def look(self) -> None:
        """Take up what has been published since the last look. Errors are kept for `view` and logged, once."""
        if self._place is None:
            return
        try:
            self._take_served(self._place)
            self._take_candidate(self._place)
            self.trouble = None
        except PlaceError as error:
            if self.trouble is None:
                log.warning("models are not looked for: %s", error)
            self.trouble = str(error)

    def _take_served(self, place: Place) -> None:
        news = self._news(place, "served", SERVED)
        if news is None or news.model is None or news.model is self._serving.served:
            return
        now, model = self._serving, news.model
        self._serving = Serving(model) if now.candidate is model else replace(now, served=model, agreement=Agreement())
        self.shipped = False
        self.swaps += 1
        log.info("now serves %s %s in place of %s %s", model.name, model.version, now.served.name, now.served.version)

    def _take_candidate(self, place: Place) -> None:
        news, now = self._news(place, "candidate", CANDIDATE), self._serving
        if news is None:
            return
        if news.model is not None and news.model is not now.served:
            model, share = news.model, news.share
            self._serving = Serving(now.served, model, share)
            log.info("the candidate %s %s answers %g %% of the calls", model.name, model.version, share * 100)
        elif now.candidate is not None:
            log.info("the candidate %s %s is gone", now.candidate.name, now.candidate.version)
            self._serving = Serving(now.served)

    def _news(self, place: Place, role: Role, key: str) -> _News | None:
        """Return what a pointer names that is new, or was refused a while ago; None where nothing is new."""
        seen = self._seen[role]
        data = place.read(key)
        if data == seen.data and (seen.reason is None or time.monotonic() < seen.at + AGAIN):
            return None
        if data is None:
            self._seen[role] = _Seen()
            return _News()
        name = key
        try:
            pointer = read_pointer(data)
            name = pointer.manifest
            model = self._load(place, pointer)
        except (Refused, WrongManifest) as error:
            if data != seen.data:
                self.refused[role] += 1
                log.error("%s is not taken up: %s", name, error)
            self._seen[role] = _Seen(data, str(error), name, time.monotonic())
            return _News()
        self._seen[role] = _Seen(data)
        return _News(model, DEFAULT_SHARE if pointer.share is None else pointer.share)

    def _load(self, place: Place, pointer: Pointer) -> Model:
        model = self._loaded.get(pointer.sha256)
        if model is None:
            model = load_model(place, pointer)
            in_use = {id(self._serving.served), id(self._serving.candidate)}
            self._loaded = {key: each for key, each in self._loaded.items() if id(each) in in_use}
            self._loaded[pointer.sha256] = model
        return model

    def compared(self, serving: Serving, outcome: Literal["agree", "disagree", "failed"]) -> None:
        """Count a call that both models were asked."""
        with self._lock:
            setattr(serving.agreement, outcome, getattr(serving.agreement, outcome) + 1)
            self.compared_calls[outcome] += 1

    def view(self) -> dict[str, Any]:
        """Return what is served, as JSON."""
        now = self._serving
        return {
            "served": _described(now.served) | {"shipped": self.shipped},
            "candidate": None if now.candidate is None else _described(now.candidate) | _compared(now),
            "refused": {
                role: {"manifest": seen.manifest, "reason": seen.reason}
                for role, seen in self._seen.items()
                if seen.reason is not None
            },
            "place": None if self._place is None else str(self._place),
            "trouble": self.trouble,
            "swaps": self.swaps,
        }


def _described(model: Model) -> dict[str, Any]:
    manifest = model.manifest
    return {
        "model": manifest.name,
        "version": manifest.version,
        "created": manifest.created,
        "digits": sorted(manifest.digits),
        "dataset": manifest.dataset.name,
        "metrics": manifest.metrics.model_dump(),
    }


def _compared(serving: Serving) -> dict[str, Any]:
    count = serving.agreement
    return {
        "share": serving.share,
        "calls": count.calls,
        "agree": count.agree,
        "disagree": count.disagree,
        "failed": count.failed,
        "agreement": round(count.agree / count.calls, 4) if count.calls else None,
    }
