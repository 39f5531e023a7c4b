"""Folders and buckets: written at once, read whole, and clear about what is wrong. The bucket is a real server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from publishing import Release

from digit_recognition.manifest import SERVED
from digit_recognition.places import Folder, PlaceError, open_place
from digit_recognition.recognizer import SHIPPED
from digit_recognition.registry import Registry


class Objects(ThreadingHTTPServer):
    """The part of S3 that is used: GET, PUT and DELETE of an object, for requests signed with the known key."""

    daemon_threads = True

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Objects

    def do_GET(self) -> None:
        self._answer(*self._found())

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._allowed():
            self.server.objects[self._key()] = data
        self._answer(200 if self._allowed() else 403, b"")

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._key(), None)
        self._answer(204, b"")

    def log_message(self, *_: object) -> None:
        return None

    def _key(self) -> str:
        return urlsplit(self.path).path

    def _allowed(self) -> bool:
        return "Credential=known/" in self.headers.get("Authorization", "")

    def _found(self) -> tuple[int, bytes]:
        if not self._allowed():
            return 403, b"<Error><Code>AccessDenied</Code><Message>who are you?</Message></Error>"
        data = self.server.objects.get(self._key())
        return (404, b"<Error><Code>NoSuchKey</Code></Error>") if data is None else (200, data)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Objects]:
    server = Objects()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name, value in (("URL", server.url), ("KEY_ID", "known"), ("SECRET_KEY", "secret"), ("ZONE", "eu-north-1")):
        monkeypatch.setenv(f"S3_{name}", value)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_folder(tmp_path: Path) -> None:
    place = open_place(str(tmp_path / "models"))
    assert place.read("a/b.json") is None
    place.write("a/b.json", b"one")
    place.write("a/b.json", b"two")
    assert place.read("a/b.json") == b"two" and place.read("a/b.json/c") is None
    assert sorted(path.name for path in (tmp_path / "models" / "a").iterdir()) == ["b.json"]
    place.delete("a/b.json")
    place.delete("a/b.json")
    assert place.read("a/b.json") is None


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = Folder(tmp_path / "file")
    with pytest.raises(PlaceError, match="file"):
        place.write("a/b.json", b"one")
    os.mkdir(tmp_path / "folder")
    with pytest.raises(PlaceError, match="Is a directory"):
        Folder(tmp_path).read("folder")


def test_other_places_are_refused() -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        open_place("https://example.org/models")


def test_a_bucket(bucket: Objects) -> None:
    place = open_place("s3://models/digits/")
    assert str(place) == "s3://models/digits" and place.read("served.json") is None
    place.write("served.json", b"one")
    assert bucket.objects == {"/models/digits/served.json": b"one"}
    assert place.read("served.json") == b"one"
    place.delete("served.json")
    assert bucket.objects == {}


def test_a_bucket_that_refuses_is_told(bucket: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_KEY_ID", "unknown")
    place = open_place("s3://models")
    with pytest.raises(PlaceError, match="s3://models/served.json: .*AccessDenied"):
        place.read("served.json")
    with pytest.raises(PlaceError, match="s3://models/served.json: .*403"):
        place.write("served.json", b"one")


def test_models_are_taken_from_a_bucket(bucket: Objects) -> None:
    place = open_place("s3://models/digits")
    registry = Registry(place, Folder(SHIPPED))
    assert registry.shipped and registry.trouble is None
    Release("v1").publish(place)
    assert f"/models/digits/{SERVED}" in bucket.objects
    registry.look()
    assert registry.serving.served.version == "v1"
