"""What an error of an object store means to the engine.

Sources of the codes: Amazon S3's list of error responses; Ceph's, MinIO's and RFC 4918's (507) where they differ.
"""

from dataclasses import dataclass
from enum import Enum

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from engine.errors import EngineError, StoreAway, StoreFull

_FULL = frozenset(["QuotaExceeded", "InsufficientStorage", "StorageFull", "XMinioStorageFull", "507"])
_REFUSED = frozenset(
    ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "InvalidToken"]
    + ["TokenRefreshRequired", "UnrecognizedClientException", "403"]
)
_DENIED = frozenset(["AccessDenied", "AllAccessDisabled", "AccountProblem", "MethodNotAllowed"])
_BUSY = frozenset(["SlowDown", "ServiceUnavailable", "TooManyRequests", "RequestLimitExceeded", "503", "429"])
_BROKEN = frozenset(["InternalError", "OperationAborted", "RequestTimeout", "BadDigest", "408", "500", "502", "504"])
_BUSY_SECONDS = 10.0


class Again(Enum):
    """Whether the same request may succeed when it is sent again at once."""

    NO = "no"
    SOON = "soon"
    RENEWED = "with other credentials"


class Answer(Exception):
    """An answer that the caller expects beside success; `code` is S3's, or the status where there is none."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Failure:
    """What to raise, and whether to try again before."""

    error: EngineError
    again: Again


def code_of(error: ClientError) -> str:
    """S3's code of an error; the status where the answer has none (as those to HEAD)."""
    return str(error.response.get("Error", {}).get("Code") or _status(error))


def failure_of(error: Exception, place: str) -> Failure | None:
    """What an error that botocore or aiohttp raised means; None for one that is no fault of the store's.

    `place` names the store. Nothing of an error's own text is told: it may hold what was signed.
    """
    if isinstance(error, ClientError):
        return _answered(code_of(error), _status(error), place)
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return Failure(StoreAway(f"There are no credentials for the object store at {place}."), Again.RENEWED)
    if isinstance(error, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
        return Failure(StoreAway(f"The object store at {place} does not answer in time."), Again.NO)
    if isinstance(error, BotoCoreError | aiohttp.ClientError | OSError):
        name = type(error).__name__
        return Failure(StoreAway(f"The object store at {place} cannot be reached ({name})."), Again.SOON)
    return None


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _answered(code: str, status: int, place: str) -> Failure:
    if code in _FULL or status == 507:
        return Failure(StoreFull(f"The object store at {place} has no room ({code})."), Again.NO)
    if code in _BUSY or status in (429, 503):
        busy = StoreAway(f"The object store at {place} has too much to do ({code}).")
        busy.retry_after = _BUSY_SECONDS
        return Failure(busy, Again.SOON)
    if code in _REFUSED:
        return Failure(StoreAway(f"The object store at {place} refuses the credentials ({code})."), Again.RENEWED)
    if code in _DENIED:
        return Failure(StoreAway(f"The object store at {place} does not allow it to this key ({code})."), Again.NO)
    if code in ("NoSuchBucket", "404"):
        return Failure(StoreAway(f"The object store at {place} has lost the bucket."), Again.NO)
    if code == "RequestTimeTooSkewed":
        return Failure(StoreAway(f"The clocks of this machine and of the object store at {place} differ."), Again.NO)
    again = Again.SOON if code in _BROKEN or status >= 500 else Again.NO
    return Failure(StoreAway(f"The object store at {place} answers {status} ({code})."), again)
