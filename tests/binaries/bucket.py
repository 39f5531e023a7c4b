"""A look into a bucket past the store, with the plain SDK."""

from typing import Any

import boto3  # type: ignore[import-untyped]

from tests.servers.s3 import S3


def plain(server: S3) -> Any:
    """A client of the SDK."""
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name=server.zone,
        aws_access_key_id=server.key_id,
        aws_secret_access_key=server.secret_key,
    )


def keys(server: S3, bucket: str) -> list[str]:
    """The keys of all objects."""
    return [each["Key"] for each in plain(server).list_objects_v2(Bucket=bucket).get("Contents", [])]


def uploads(server: S3, bucket: str) -> list[str]:
    """The keys of all multipart uploads that are not finished."""
    return [each["Key"] for each in plain(server).list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
