"""Drift starts a task in the engine: the pipeline that trains, evaluates and promotes a new model."""

from __future__ import annotations

import logging
import time
from typing import Any

import httpx

from .manifest import Manifest
from .watch import Alert, now_text

log = logging.getLogger("digit_recognition")

TIMEOUT = 10.0
"""Seconds that the engine has to accept the task."""

FIRST_DELAY, LAST_DELAY = 2.0, 60.0
"""Seconds before a task that was not accepted is posted again; doubled each time."""


class Retraining:
    """Posts one task for each alert, and at most one in `pause` seconds. `tick` is called from one thread."""

    def __init__(self, url: str | None, pause: float) -> None:
        self._url, self._pause = url, pause
        self._done = 0
        self._key: str | None = None
        self._not_before = 0.0
        self._delay = FIRST_DELAY
        self._last: dict[str, Any] | None = None
        self._error: str | None = None

    def tick(self, alert: Alert | None, manifest: Manifest) -> None:
        """Post what is due. An engine that does not accept it is asked again, ever later, while the alert lasts."""
        if self._url is None or alert is None or alert.number <= self._done or time.monotonic() < self._not_before:
            return
        if self._key is None:
            self._key = key_of(manifest, time.time(), self._pause)
        try:
            job = self._post(self._url, self._key, manifest)
        except (httpx.HTTPError, ValueError) as error:
            self._error = f"{self._url}: {error or type(error).__name__}"
            log.warning("no retraining could be started: %s", self._error)
            self._not_before = time.monotonic() + self._delay
            self._delay = min(2 * self._delay, LAST_DELAY)
            return
        log.info("drift of %s: retraining has been started as task %s", ", ".join(alert.features), job)
        self._last = {"jobId": job, "at": now_text(), "because": list(alert.features), "version": manifest.version}
        self._done, self._key, self._error, self._delay = alert.number, None, None, FIRST_DELAY
        self._not_before = time.monotonic() + self._pause

    def _post(self, url: str, key: str, manifest: Manifest) -> str:
        body = {"digits": sorted(manifest.digits), "reason": f"drift: {manifest.name} {manifest.version}"}
        answer = httpx.post(url, json=body, headers={"Idempotency-Key": key}, timeout=TIMEOUT)
        if answer.status_code != 200:
            raise ValueError(f"{answer.status_code} {answer.text[:300]}")
        job = answer.json().get("jobId")
        if not isinstance(job, str):
            raise ValueError(f"an answer without jobId: {answer.text[:300]}")
        return job

    def view(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {"url": self._url, "last": self._last, "error": self._error}


def key_of(manifest: Manifest, now: float, pause: float) -> str:
    """Return the idempotency key of a task: the same for all instances of the service, once in `pause` seconds (`now`
    is Unix time), so that several that see the same drift start one task."""
    return f"drift-{manifest.version}-{int(now // pause)}"
