"""Fetches the model files of face attributes: `python -m tools.models [--folder FOLDER] [--from BASE_URL]`.

They are those of DeepFace's ONNX backend, some 1.6 GB in all, from its releases unless `--from` names another place.
They come into FOLDER, by default the one that FACE_MODELS names, or `data/face-models`. A file is written as
`NAME.part` and gets its name when it is whole; what was cut off goes on where it stopped when this is run again. Where
FOLDER has a file `models.sha256` (as `sha256sum` writes it), what it knows is checked; all checksums are shown.

Exit code 1 where a file could not be fetched, 130 after Ctrl-C.
"""

import argparse
import fcntl
import hashlib
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from tools.layout import ROOT

RELEASE = "https://github.com/serengil/deepface_models/releases/download/v1.0"
FILES = (
    "age_model_weights.onnx",
    "gender_model_weights.onnx",
    "facial_expression_model_weights.onnx",
    "race_model_single_batch.onnx",
)
SUMS = "models.sha256"
FOLDER = ROOT / "data" / "face-models"

ATTEMPTS = 6
"""In a row, without a byte coming; after the first half a second passes, then twice as much each time."""

FIRST_DELAY = 0.5
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
AGAIN = {408, 425, 429, 500, 502, 503, 504}
INTERRUPTED = 130


class Failed(Exception):
    """A file cannot be fetched; the text is a sentence that says which, why, and what to do."""


class _Again(Exception):
    """This attempt failed in a way that may pass; the text says how."""


class Shown:
    """What is seen of the fetching: a bar for each file on a terminal, a line for each elsewhere."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._progress = Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=console)
        self._live = console.is_terminal
        self._console = console

    def __enter__(self) -> "Shown":
        if self._live:
            self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._progress.stop()

    def say(self, text: str) -> None:
        """Show a line."""
        self._console.print(text, soft_wrap=True, markup=False, highlight=False)

    def begin(self, name: str) -> None:
        """Show that a file is being fetched."""
        self._task = self._progress.add_task(name, total=None)
        if not self._live:
            self.say(f"fetching {name}")

    def there(self, have: int, total: int | None) -> None:
        """Show how many bytes there are, of how many."""
        self._progress.update(self._task, completed=have, total=total)


def known_sums(folder: Path) -> dict[str, str]:
    """Return the checksums that the folder's list knows, by file name. Raises Failed for a line that is none."""
    path = folder / SUMS
    if not path.is_file():
        return {}
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](\S+)", line.strip())
        if match is None and line.strip():
            raise Failed(f"{path}, line {number}: not a checksum, two spaces and a file name, as sha256sum writes it")
        if match is not None:
            found[match[2]] = match[1].lower()
    return found


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Fetch:
    """One file on its way: `part` holds what has come, `tag` the version of the file that it belongs to."""

    def __init__(self, client: httpx.Client, url: str, target: Path, shown: Shown) -> None:
        self._client = client
        self._url = url
        self._target = target
        self._shown = shown
        self.part = target.with_name(target.name + ".part")
        self.tag = target.with_name(target.name + ".part.tag")

    def run(self, sum_known: str | None) -> str:
        """Fetch all of it, give it its name, and return its SHA-256. Raises Failed; what came until then is kept."""
        self._shown.begin(self._target.name)
        self._come()
        found = sha256_of(self.part)
        if sum_known not in (None, found):
            self.forget()
            raise Failed(f"{self._url} has the SHA-256 {found}, and not {sum_known} as {SUMS} says; it was thrown away")
        self.part.replace(self._target)
        self.tag.unlink(missing_ok=True)
        return found

    def forget(self) -> None:
        """Remove what has come."""
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)

    def _come(self) -> None:
        failures = 0
        while True:
            before = self._have()
            try:
                return self._attempt()
            except (httpx.TransportError, _Again) as error:
                failures = 1 if self._have() > before else failures + 1
                if failures >= ATTEMPTS:
                    why = str(error) or type(error).__name__
                    raise Failed(f"{self._url} cannot be fetched now ({why}); run this again to go on") from error
                time.sleep(FIRST_DELAY * 2 ** (failures - 1))

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _attempt(self) -> None:
        """Ask for what is missing, and take it. Raises _Again, Failed, httpx.TransportError."""
        headers = {"Accept-Encoding": "identity"}
        if self._have() and self.tag.exists():
            headers |= {"Range": f"bytes={self._have()}-", "If-Range": self.tag.read_text()}
        with self._client.stream("GET", self._url, headers=headers) as answer:
            begin, total = self._judged(answer)
            with self.part.open("r+b" if begin else "wb") as file:
                file.truncate(begin)
                file.seek(begin)
                self._keep_tag(answer)
                for piece in answer.iter_raw():
                    file.write(piece)
                    self._shown.there(file.tell(), total)
                file.flush()
                os.fsync(file.fileno())
        if total is not None and self._have() != total:
            raise _Again(f"{self._have()} of {total} bytes came")

    def _judged(self, answer: httpx.Response) -> tuple[int, int | None]:
        """Return where the answer's bytes begin, and how many the whole file has, if that is told."""
        if answer.status_code == 416:
            self.forget()
            raise _Again("what is here is more than what is there")
        if answer.status_code in AGAIN:
            raise _Again(f"the answer was {answer.status_code}")
        if answer.status_code not in (200, 206):
            raise Failed(f"{self._url} cannot be fetched: the answer was {answer.status_code}")
        if answer.headers.get("content-type", "").startswith("text/"):
            raise Failed(f"{self._url} is a page of text, and no model: does this network want a login?")
        length = answer.headers.get("content-length")
        if answer.status_code == 200:
            return 0, int(length) if length else None
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("content-range", ""))
        if match is None or int(match[1]) != self._have():
            self.forget()
            raise _Again("another part came than was asked for")
        return int(match[1]), int(match[2])

    def _keep_tag(self, answer: httpx.Response) -> None:
        """Note the version, if the server names one that two files never share; without, nothing can go on."""
        tag = answer.headers.get("etag", "")
        if tag.startswith('"'):
            self.tag.write_text(tag)
        else:
            self.tag.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else fetches into this folder. Raises Failed."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Failed(f"another run of this fetches into {folder}; wait for it, or stop it") from None
    finally:
        os.close(held)


def fetch_all(folder: Path, base: str, shown: Shown) -> None:
    """Fetch what is not there, or not what the checksums say. Raises Failed at the first file that does not come."""
    sums = known_sums(folder)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
        for name in FILES:
            target = folder / name
            found = sha256_of(target) if target.is_file() else None
            if found is None or found != sums.get(name, found):
                found = Fetch(client, f"{base.rstrip('/')}/{name}", target, shown).run(sums.get(name))
            checked = f"as {SUMS} says" if name in sums else "not checked: no checksum is known"
            shown.say(f"{found}  {name}  ({target.stat().st_size:,} bytes, {checked})")


def main(arguments: Sequence[str]) -> int:
    """Fetch the files; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.models", description="Fetch the models of face attributes.")
    folder = Path(os.environ.get("FACE_MODELS") or FOLDER)
    parser.add_argument("--folder", type=Path, default=folder, help=f"where they go (else FACE_MODELS, or {FOLDER})")
    parser.add_argument("--from", dest="base", default=RELEASE, help="URL of the folder that holds them (%(default)s)")
    chosen = parser.parse_args(arguments)
    if not re.match("https?://[^/]", chosen.base):
        parser.error(f"--from is a URL that begins with http:// or https://, not {chosen.base!r}")
    try:
        with alone(chosen.folder), Shown(Console()) as shown:
            fetch_all(chosen.folder, chosen.base, shown)
    except (Failed, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run this again to go on", file=sys.stderr)
        return INTERRUPTED
    print(f"face_analyzer tells these attributes when it is started with FACE_MODELS={chosen.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
