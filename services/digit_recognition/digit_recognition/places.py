"""Where models are kept: a folder, or a bucket of an object store (S3) with a prefix."""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Protocol

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LARGEST = 200 * 2**20
"""Bytes of the largest file that is read: a model of digits has less than one million."""

_S3 = re.compile(r"^s3://([a-z0-9][a-z0-9.-]{1,62})(?:/(.*))?$")


class PlaceError(Exception):
    """The place cannot be reached, or refuses; the text says which and why."""


class S3Settings(BaseSettings):
    """S3_URL, S3_ZONE, S3_KEY_ID and S3_SECRET_KEY, as the engine has them; without keys as botocore finds them."""

    model_config = SettingsConfigDict(env_prefix="S3_", env_file=".env", extra="ignore", env_ignore_empty=True)

    url: str | None = None
    zone: str = "us-east-1"
    key_id: SecretStr | None = None
    secret_key: SecretStr | None = None


class Place(Protocol):
    """Files by key (`a/b.json`). All methods block and raise PlaceError."""

    def read(self, key: str) -> bytes | None:
        """Return a file's bytes; None where there is no such file."""

    def write(self, key: str, data: bytes) -> None:
        """Write a file at once: who reads it finds the old one or all of the new one."""

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""


class Folder:
    """A folder of this machine, made with the first file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    def read(self, key: str) -> bytes | None:
        try:
            with open(self.root / key, "rb") as file:
                return _bounded(file.read(LARGEST + 1), key)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise PlaceError(f"{self.root / key}: {error.strerror or error}") from error

    def write(self, key: str, data: bytes) -> None:
        path = self.root / key
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = mkstemp(prefix=".new-", dir=path.parent)
            try:
                with open(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fchmod(file.fileno(), 0o644)
                    os.fsync(file.fileno())
                os.replace(name, path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise PlaceError(f"{path}: {error.strerror or error}") from error

    def delete(self, key: str) -> None:
        try:
            (self.root / key).unlink(missing_ok=True)
        except OSError as error:
            raise PlaceError(f"{self.root / key}: {error.strerror or error}") from error


class Bucket:
    """A bucket of an object store, and a prefix in it."""

    def __init__(self, bucket: str, prefix: str, settings: S3Settings) -> None:
        # Importing it takes a third of a second, which only those pay who use it.
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"},
        )
        secret = settings.secret_key.get_secret_value() if settings.secret_key else None
        key_id = settings.key_id.get_secret_value() if settings.key_id else None
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.url,
            region_name=settings.zone,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=config,
        )
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, key: str) -> bytes | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            with answer["Body"] as body:
                return _bounded(body.read(LARGEST + 1), key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                return None
            raise PlaceError(f"{self}/{key}: {error}") from error
        except BotoCoreError as error:
            raise PlaceError(f"{self}/{key}: {error}") from error

    def write(self, key: str, data: bytes) -> None:
        self._do("put_object", key, Body=data)

    def delete(self, key: str) -> None:
        self._do("delete_object", key)

    def _do(self, name: str, key: str, **arguments: Any) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            getattr(self._client, name)(Bucket=self._bucket, Key=self._prefix + key, **arguments)
        except (BotoCoreError, ClientError) as error:
            raise PlaceError(f"{self}/{key}: {error}") from error


def open_place(where: str) -> Place:
    """Return the place that a text names: a folder, or s3://bucket/prefix. Raises ValueError for another URL."""
    found = _S3.match(where)
    if found:
        return Bucket(found[1], (found[2] or "").strip("/"), S3Settings())
    if "://" in where:
        raise ValueError(f"a place for models is a folder or s3://bucket/prefix, not {where!r}")
    return Folder(Path(where))


def _bounded(data: bytes, key: str) -> bytes:
    if len(data) > LARGEST:
        raise PlaceError(f"{key} has more than {LARGEST} bytes")
    return data
