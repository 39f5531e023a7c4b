"""Which stores the engines of the tests use: their own files, or with `TEST_STORES=mongo-s3` MongoDB and S3."""

import atexit
import functools
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import boto3  # type: ignore[import-untyped]

from tests.servers.mongo import Mongo
from tests.servers.s3 import S3, s3_for_tests

CHOICE = "TEST_STORES"
MONGO_S3 = "mongo-s3"


@functools.cache
def _mongo() -> Mongo:
    server = Mongo(Path(tempfile.mkdtemp(prefix="engine-mongo-")))
    server.start()
    atexit.register(server.close)
    return server


def settings() -> dict[str, str]:
    """The settings of an engine whose stores hold nothing yet; none where it is to use files of its own."""
    if os.environ.get(CHOICE) != MONGO_S3:
        return {}
    mongo = _mongo()
    return {
        "REG_DB_TYPE": "mongo",
        "MONGO_URI": mongo.uri,
        "MONGO_DB": mongo.fresh_name(),
        **s3_settings(s3_for_tests()),
    }


def s3_settings(server: S3) -> dict[str, str]:
    """The settings of an engine with a bucket of its own."""
    return {
        "REG_STORAGE_TYPE": "S3",
        "S3_URL": server.url,
        "S3_ZONE": server.zone,
        "S3_KEY_ID": server.key_id,
        "S3_SECRET_KEY": server.secret_key,
        "S3_BUCKET": f"engine-{secrets.token_hex(6)}",
    }


def objects(settings: Mapping[str, str]) -> list[PurePosixPath]:
    """The keys of all binaries in the bucket of an engine with these settings."""
    client: Any = boto3.client(
        "s3",
        endpoint_url=settings["S3_URL"],
        region_name=settings["S3_ZONE"],
        aws_access_key_id=settings["S3_KEY_ID"],
        aws_secret_access_key=settings["S3_SECRET_KEY"],
    )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=settings["S3_BUCKET"])
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    client.close()
    return [PurePosixPath(key) for key in keys if "/" in key]
