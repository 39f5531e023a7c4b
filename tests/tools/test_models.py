"""Fetching model files from a real server that cuts, stalls, changes and refuses."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools import models
from tools.layout import ROOT
from tools.models import FILES, SUMS, main

AGE = FILES[0]


class Release:
    """A server that has the files. `cuts` are the bytes after which its next answers break off; `statuses` what it
    says first; `ranges` whether it sends parts; `held` holds the first answer back after its first half."""

    def __init__(self) -> None:
        self.files = {name: hashlib.sha256(name.encode()).digest() * 8_000 for name in FILES}
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.ranges = True
        self.content_type = "application/octet-stream"
        self.tag = '"1"'
        self.asked: list[tuple[str, str | None]] = []
        self.held: threading.Event | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> "Release":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.held is not None:
            self.held.set()
        self.server.shutdown()
        self.server.server_close()

    def asked_for(self, name: str) -> list[str | None]:
        """The ranges that were asked for, None for the whole file."""
        return [part for asked, part in self.asked if asked == name]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        release = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name, part = self.path.rpartition("/")[2], self.headers["Range"]
                release.asked.append((name, part))
                if release.statuses:
                    self.send_error(release.statuses.pop(0))
                    return
                whole = release.files[name]
                same = self.headers["If-Range"] == release.tag
                begin = int(part[6:-1]) if part and same and release.ranges else 0
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(whole) - begin))
                self.send_header("Content-Type", release.content_type)
                self.send_header("ETag", release.tag)
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(whole) - 1}/{len(whole)}")
                self.end_headers()
                self._send(whole[begin:])

            def _send(self, body: bytes) -> None:
                if release.cuts:
                    self.wfile.write(body[: release.cuts.pop(0)])
                    self.close_connection = True
                    return
                if release.held is not None:
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    release.held.wait(60)
                    return
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return None

        return Handler


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[Release]:
    monkeypatch.setattr(models, "FIRST_DELAY", 0.001)
    with Release() as release:
        yield release


def fetch(release: Release, folder: Path) -> int:
    return main(["--folder", str(folder), "--from", release.url])


def check_all(release: Release, folder: Path) -> None:
    """All files are there, whole, and nothing else."""
    assert {path.name for path in folder.iterdir()} - {SUMS} == set(FILES)
    for name in FILES:
        assert (folder / name).read_bytes() == release.files[name]


def test_all_come_with_their_checksums(release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "models"
    assert fetch(release, folder) == 0
    check_all(release, folder)
    said = capsys.readouterr().out
    for name in FILES:
        assert f"{hashlib.sha256(release.files[name]).hexdigest()}  {name}  (256,000 bytes, not checked" in said
    assert f"FACE_MODELS={folder}" in said


def test_what_is_there_is_not_fetched_again(release: Release, tmp_path: Path) -> None:
    (tmp_path / AGE).write_bytes(release.files[AGE])
    assert fetch(release, tmp_path) == 0 and fetch(release, tmp_path) == 0
    assert release.asked_for(AGE) == [] and len(release.asked) == len(FILES) - 1


def test_an_answer_that_breaks_off_is_gone_on_with(release: Release, tmp_path: Path) -> None:
    release.cuts = [100_000, 50_000]
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)
    assert release.asked_for(AGE) == [None, "bytes=100000-", "bytes=150000-"]


def test_a_server_that_sends_no_parts_sends_all_again(release: Release, tmp_path: Path) -> None:
    release.cuts, release.ranges = [100_000], False
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)


def test_a_file_that_changed_meanwhile_is_begun_anew(release: Release, tmp_path: Path) -> None:
    (tmp_path / f"{AGE}.part").write_bytes(b"of another version")
    (tmp_path / f"{AGE}.part.tag").write_text('"0"')
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)


def test_a_part_without_a_version_is_begun_anew(release: Release, tmp_path: Path) -> None:
    (tmp_path / f"{AGE}.part").write_bytes(b"whose is this")
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)
    assert release.asked_for(AGE) == [None]


@pytest.mark.parametrize("status", [503, 429, 416])
def test_a_passing_fault_is_tried_again(release: Release, tmp_path: Path, status: int) -> None:
    release.statuses = [status, status]
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)


def test_a_server_that_stays_ill_is_given_up(
    release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release.statuses = [503] * 100
    assert fetch(release, tmp_path) == 1
    assert "cannot be fetched now (the answer was 503); run this again to go on" in capsys.readouterr().err
    assert len(release.asked) == models.ATTEMPTS and not list(tmp_path.iterdir())


def test_what_came_before_a_failure_is_kept_for_the_next_run(release: Release, tmp_path: Path) -> None:
    release.cuts = [100_000, *[0] * models.ATTEMPTS]
    assert fetch(release, tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {f"{AGE}.part", f"{AGE}.part.tag"}
    release.cuts = []
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)
    assert release.asked_for(AGE)[-1] == "bytes=100000-"


def test_a_file_that_is_not_there(release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release.statuses = [404]
    assert fetch(release, tmp_path) == 1
    assert f"{release.url}/{AGE} cannot be fetched: the answer was 404" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_page_in_place_of_a_file(release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release.content_type = "text/html; charset=utf-8"
    assert fetch(release, tmp_path) == 1
    assert "is a page of text, and no model" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_server_that_does_not_answer(tmp_path: Path, release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    release.server.server_close()
    assert fetch(release, tmp_path) == 1
    assert "cannot be fetched now" in capsys.readouterr().err


def sums_of(release: Release, folder: Path) -> None:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in release.files.items()]
    (folder / SUMS).write_text("".join(lines))


def test_known_checksums_are_checked(release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sums_of(release, tmp_path)
    (tmp_path / AGE).write_bytes(b"an older version")
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)
    assert capsys.readouterr().out.count(f"as {SUMS} says") == len(FILES)


def test_a_wrong_checksum_is_thrown_away(release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sums_of(release, tmp_path)
    (tmp_path / AGE).write_bytes(b"the file of before")
    release.files[AGE] = b"something else"
    assert fetch(release, tmp_path) == 1
    assert re.search(
        f"has the SHA-256 {hashlib.sha256(b'something else').hexdigest()}, and not", capsys.readouterr().err
    )
    assert {path.name for path in tmp_path.iterdir()} == {AGE, SUMS}
    assert (tmp_path / AGE).read_bytes() == b"the file of before", "what was there stays"


def test_a_list_of_checksums_that_is_none(release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / SUMS).write_text(f"\nabc  {AGE}\n")
    assert fetch(release, tmp_path) == 1
    assert f"{SUMS}, line 2: not a checksum" in capsys.readouterr().err and not release.asked


def test_an_address_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path), "--from", "ftp://here"])
    assert "--from is a URL" in capsys.readouterr().err


def test_stopped_by_ctrl_c_it_goes_on_later_and_two_do_not_meddle(release: Release, tmp_path: Path) -> None:
    release.held = threading.Event()
    command = [sys.executable, "-m", "tools.models", "--from", release.url]
    settings = {**os.environ, "FACE_MODELS": str(tmp_path)}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a script's background is born without it
    ) as first:
        deadline = threading.Event()
        part = tmp_path / f"{AGE}.part"
        for _ in range(3_000):
            if part.exists() and part.stat().st_size or deadline.wait(0.01):
                break
        second = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
        first.send_signal(signal.SIGINT)
        _, words = first.communicate(timeout=30)
    assert (second.returncode, first.returncode) == (1, 130)
    assert "another run of this fetches into" in second.stderr and b"run this again to go on" in words
    assert {path.name for path in tmp_path.iterdir()} == {f"{AGE}.part", f"{AGE}.part.tag"}
    release.held.set()
    release.held = None
    assert fetch(release, tmp_path) == 0
    check_all(release, tmp_path)
    assert release.asked_for(AGE)[1] == f"bytes={len(release.files[AGE]) // 2}-"


def test_the_names_are_those_that_the_service_looks_for() -> None:
    text = (ROOT / "services" / "face_analyzer" / "face_analyzer" / "files.py").read_text()
    assert sorted(re.findall(r'"(\w+\.onnx)"', text)) == sorted(FILES)
