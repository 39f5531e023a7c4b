"""`python -m engine.backup save FOLDER` and `restore FOLDER`: the embedded stores, copied while the engine runs.

The database is copied first, as it is at one moment, then the binaries. What is referred to in that moment is still
there when it is copied, since nothing of a running task is removed and what belongs to an ended one stays for
`APP_LIFESPAN` seconds: a copy that takes longer than that may lack binaries of tasks that would be gone by then.
Binaries that came later are copied too, and removed by the first clean-up after a restore.
"""

import argparse
import hashlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from engine.app import BINARIES, DATABASE
from engine.settings import Settings, WrongSettings, read_settings

MANIFEST = "manifest.json"
FORMAT = 1
_CHUNK = 1024 * 1024
_UNFINISHED = ".part"


class BackupError(Exception):
    """Nothing was saved or restored; the text says why and what to do."""


def save(data: Path, folder: Path) -> dict[str, Any]:
    """Copy the stores in `data` into a new folder; return its manifest. Raises BackupError, OSError, sqlite3.Error.

    The folder appears only when it is whole and on disk.
    """
    if not (data / DATABASE).is_file():
        raise BackupError(
            f"there is no {DATABASE} in {data}: REG_LOCAL_DATA must name the folder of the engine's stores"
        )
    if folder.exists():
        raise BackupError(f"{folder} is there already: a backup is made into a new folder")
    making = folder.with_name(f"{folder.name}{_UNFINISHED}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700, parents=True)
    schema = _copy_database(data / DATABASE, making / DATABASE)
    files, size = _copy_binaries(data / BINARIES, making / BINARIES)
    manifest = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "schema": schema,
        "database_sha256": _sha256(making / DATABASE),
        "binaries": files,
        "bytes": size,
    }
    (making / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    os.sync()
    making.rename(folder)
    return manifest


def restore(folder: Path, data: Path) -> dict[str, Any]:
    """Copy a backup to where an engine will find it; return its manifest. Raises BackupError, OSError.

    Nothing that is there is replaced: `data` must not hold stores. The engine must not run.
    """
    manifest = _manifest(folder)
    for name in (DATABASE, BINARIES):
        if (data / name).exists():
            raise BackupError(
                f"{data / name} is there already: move it away, or let REG_LOCAL_DATA name another folder"
            )
    if _sha256(folder / DATABASE) != manifest["database_sha256"]:
        raise BackupError(f"{folder / DATABASE} is not what was saved: its SHA-256 is another one")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    files, size = _copy_binaries(folder / BINARIES, data / BINARIES)
    if (files, size) != (manifest["binaries"], manifest["bytes"]):
        shutil.rmtree(data / BINARIES)
        raise BackupError(f"{folder} is not whole: it holds {files} binaries, {size} bytes, and {manifest} were saved")
    # Last, under its name in one step: an engine that is started too early finds no database, not half of one.
    part = data / f"{DATABASE}{_UNFINISHED}"
    shutil.copyfile(folder / DATABASE, part)
    part.chmod(0o600)
    os.sync()
    part.rename(data / DATABASE)
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BackupError(f"{folder} is no backup: its {MANIFEST} cannot be read ({error})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BackupError(f"{folder} is no backup that this engine knows: it has format {FORMAT}")
    return manifest


def _copy_database(source: Path, target: Path) -> int:
    """Copy it as it is at one moment, while others write; return the number of its schema."""
    address = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")
        found = new.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise BackupError(f"the database is damaged: {found}")
        number: int = new.execute("PRAGMA user_version").fetchone()[0]
    target.chmod(0o600)
    return number


def _copy_binaries(source: Path, target: Path) -> tuple[int, int]:
    """Copy all that are whole; return how many, and how many bytes. One that goes meanwhile is left out."""
    target.mkdir(mode=0o700)
    files = size = 0
    for path in _whole(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, place)
        except FileNotFoundError:
            continue
        place.chmod(0o600)
        files, size = files + 1, size + place.stat().st_size
    return files, size


def _whole(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder, name) for name in names if not name.endswith(_UNFINISHED))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _embedded(settings: Settings) -> Path:
    if settings.reg_db_type != "sqlite" or settings.reg_storage_type != "local":
        raise BackupError("this saves the embedded stores; for MongoDB and S3 use their own tools (docs/operations.md)")
    return settings.reg_local_data


def main(arguments: Sequence[str] | None = None) -> int:
    """Save or restore what the settings name. Returns 1 where that cannot be, 2 where a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m engine.backup", description=__doc__)
    parser.add_argument("what", choices=["save", "restore"])
    parser.add_argument("folder", type=Path, help="the backup")
    chosen = parser.parse_args(arguments)
    try:
        data = _embedded(read_settings())
        done = save(data, chosen.folder) if chosen.what == "save" else restore(chosen.folder, data)
    except WrongSettings as error:
        print(error, file=sys.stderr)
        return 2
    except (BackupError, OSError, sqlite3.Error) as error:
        print(f"not done: {error}", file=sys.stderr)
        return 1
    print(f"{chosen.what}d {chosen.folder}: {done['binaries']} binaries, {done['bytes']} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
