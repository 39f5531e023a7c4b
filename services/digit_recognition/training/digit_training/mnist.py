"""MNIST: four files, downloaded once, each checked against its SHA-256. Their form: Y. LeCun, "The MNIST database"."""

from __future__ import annotations

import gzip
import http.client
import os
import struct
import urllib.error
import urllib.request
import zlib
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .parameters import Mnist

_PICTURES = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
_LABELS = ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
_UNSIGNED_BYTE = 8

PAUSE = 30.0
"""Seconds that a server may say nothing."""

LARGEST = 100 * 2**20
"""Bytes of the largest file, as it comes and unpacked; MNIST's have 10 and 47 million."""


class DownloadFailed(Exception):
    """A file cannot be had, or is not what it must be; the text says which and why."""


def fetch_mnist(source: Mnist, folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """All pictures (count x height x width), their digits, and which belong to MNIST's own test part.

    Raises DownloadFailed.
    """
    pictures = [_read(source, name, folder, 3) for name in _PICTURES]
    labels = [_read(source, name, folder, 1) for name in _LABELS]
    for some, theirs in zip(pictures, labels, strict=True):
        if len(some) != len(theirs) or theirs.max(initial=0) > 9:
            raise DownloadFailed(f"MNIST: {len(some)} pictures and {len(theirs)} digits do not belong together")
    held_out = np.repeat([False, True], [len(labels[0]), len(labels[1])])
    return np.concatenate(pictures), np.concatenate(labels), held_out


def _read(source: Mnist, name: str, folder: Path, dimensions: int) -> NDArray[np.uint8]:
    if name not in source.sha256:
        raise DownloadFailed(f"params.yaml: mnist.sha256 does not name {name}")
    path = folder / name
    if not (path.exists() and sha256(path.read_bytes()).hexdigest() == source.sha256[name]):
        _download(f"{source.url.rstrip('/')}/{name}", path, source.sha256[name])
    return _unpacked(path, dimensions)


def _download(url: str, path: Path, expected: str) -> None:
    """Fetch one file. Under its own name there is only ever the whole of the right one."""
    if not url.startswith(("https://", "http://")):
        raise DownloadFailed(f"{url}: mnist.url begins with https:// or http://")
    try:
        with urllib.request.urlopen(url, timeout=PAUSE) as answer:
            data = answer.read(LARGEST + 1)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        raise DownloadFailed(f"{url}: {error}") from error
    found = sha256(data).hexdigest()
    if found != expected:
        raise DownloadFailed(f"{url}: its SHA-256 is {found}, and params.yaml says {expected}")
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_bytes(data)
    os.replace(half, path)


def _unpacked(path: Path, dimensions: int) -> NDArray[np.uint8]:
    try:
        with gzip.open(path) as file:
            data = file.read(LARGEST + 1)
        kind, count = data[2], data[3]
        shape = struct.unpack_from(f">{count}I", data, 4)
    except (OSError, EOFError, zlib.error, IndexError, struct.error) as error:
        raise DownloadFailed(f"{path.name} cannot be unpacked: {error}") from error
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * count)
    if kind != _UNSIGNED_BYTE or count != dimensions or len(values) != int(np.prod(shape, dtype=np.int64)):
        raise DownloadFailed(f"{path.name} is no IDX file of bytes in {dimensions} dimensions")
    return values.reshape(shape)
