"""The embedded stores go away: another program holds the database, and the folder of the binaries is not there."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.faults.outages import outages
from tests.faults.proof import Findings, Run
from tests.faults.site import Site


def database(run: Run) -> Findings:
    """Another program holds SQLite's lock for writing."""
    findings = Findings("the database is away 1-30 s under load, embedded (locked)")
    with Site(run) as site:
        path = site.engines[0].data / "engine.sqlite"
        outages(run, site, {"the database is locked": lambda: locked(path)}, findings, "probe", noticed=8.0)
    return findings


def binaries(run: Run) -> Findings:
    """The folder of the binaries has another name."""
    findings = Findings("the binaries are away 1-30 s under load, embedded (moved)")
    with Site(run) as site:
        path = site.engines[0].data / "binaries"
        outages(run, site, {"the folder is moved": lambda: moved(path)}, findings, "files", noticed=3.0)
    return findings


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock for writing."""
    with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextlib.contextmanager
def moved(path: Path) -> Iterator[None]:
    """Give a folder another name."""
    aside = path.with_name("aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)
