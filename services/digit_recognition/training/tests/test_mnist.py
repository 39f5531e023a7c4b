"""MNIST, from a server of the tests: a few pictures in MNIST's own form."""

from __future__ import annotations

import gzip
import struct
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from digit_training.dataset import fetch, read_dataset
from digit_training.mnist import DownloadFailed, fetch_mnist
from digit_training.parameters import Mnist, Parameters

TRAIN, TEST = 12, 5


def _idx(values: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0)


def _files() -> dict[str, bytes]:
    random = np.random.default_rng(1)
    return {
        "train-images-idx3-ubyte.gz": _idx(random.integers(0, 256, (TRAIN, 28, 28))),
        "train-labels-idx1-ubyte.gz": _idx(np.arange(TRAIN) % 10),
        "t10k-images-idx3-ubyte.gz": _idx(random.integers(0, 256, (TEST, 28, 28))),
        "t10k-labels-idx1-ubyte.gz": _idx(np.arange(TEST)),
    }


class Server:
    """Serves files, and counts what it was asked for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                outer.asked.append(name)
                body = outer.files.get(name)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:
                """What it does is known from `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def source(self) -> Mnist:
        sums = {name: sha256(data).hexdigest() for name, data in _files().items()}
        return Mnist(url=f"http://127.0.0.1:{self._server.server_port}/mnist/", sha256=sums)

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(_files())
    yield server
    server.stop()


def test_all_pictures_come_with_mnists_own_division(server: Server, tmp_path: Path) -> None:
    found = fetch(Parameters(dataset="mnist", mnist=server.source), tmp_path)
    assert found.pictures.shape == (TRAIN + TEST, 28, 28) and found.pictures.dtype == np.uint8
    assert found.labels.tolist() == [*(np.arange(TRAIN) % 10), *range(TEST)]
    assert found.held_out.tolist() == [False] * TRAIN + [True] * TEST
    expected = np.random.default_rng(1).integers(0, 256, (TRAIN, 28, 28)).astype(np.uint8)
    assert (found.pictures[:TRAIN] == expected).all()
    found.write(tmp_path / "dataset.npz")
    assert read_dataset(tmp_path / "dataset.npz").sha256 == found.sha256


def test_a_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    fetch_mnist(server.source, tmp_path)
    fetch_mnist(server.source, tmp_path)
    assert sorted(server.asked) == sorted(_files())
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"spoilt")
    fetch_mnist(server.source, tmp_path)
    assert server.asked[4:] == ["t10k-labels-idx1-ubyte.gz"]


def test_another_file_than_named_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["train-labels-idx1-ubyte.gz"] = _idx(np.ones(TRAIN))
    with pytest.raises(DownloadFailed, match="train-labels.*SHA-256 is .* and params.yaml says"):
        fetch_mnist(server.source, tmp_path)
    assert not list(tmp_path.glob("train-labels*"))


def test_a_file_that_cannot_be_had_is_told(server: Server, tmp_path: Path) -> None:
    del server.files["t10k-images-idx3-ubyte.gz"]
    with pytest.raises(DownloadFailed, match="t10k-images-idx3-ubyte.gz: HTTP Error 404"):
        fetch_mnist(server.source, tmp_path)
    with pytest.raises(DownloadFailed, match="mnist.sha256 does not name train-images"):
        fetch_mnist(Mnist(url=server.source.url, sha256={}), tmp_path / "empty")
    with pytest.raises(DownloadFailed, match="mnist.url begins with"):
        fetch_mnist(Mnist(url="file:///etc", sha256=server.source.sha256), tmp_path / "empty")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no archive", "cannot be unpacked"),
        (gzip.compress(b"\0\0\x08"), "cannot be unpacked"),
        (_idx(np.ones((3, 3))), "no IDX file of bytes in 1 dimensions"),
        (gzip.compress(struct.pack(">BBBBI", 0, 0, 8, 1, 99) + b"\1\2"), "no IDX file"),
        (_idx(np.ones(TRAIN + 1)), "do not belong together"),
        (_idx(np.full(TRAIN, 11)), "do not belong together"),
    ],
)
def test_a_file_of_another_form_is_told(server: Server, tmp_path: Path, content: bytes, told: str) -> None:
    name = "train-labels-idx1-ubyte.gz"
    server.files[name] = content
    sums = {**server.source.sha256, name: sha256(content).hexdigest()}
    with pytest.raises(DownloadFailed, match=told):
        fetch_mnist(Mnist(url=server.source.url, sha256=sums), tmp_path)
