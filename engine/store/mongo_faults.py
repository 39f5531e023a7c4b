"""What the errors of MongoDB's driver mean to the engine."""

from bson.errors import InvalidBSON, InvalidDocument, InvalidStringData
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ConnectionFailure,
    InvalidOperation,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from engine.errors import EngineError, StoreAway, StoreFull

_TOO_LARGE = {10334, 17419, 17420}
_NO_ROOM = {14031}
_NO_ROOM_WORDS = ("disk is full", "no space left", "space quota", "out of disk", "disk full", "quota exceeded")
_AUTHENTICATION = {11, 13, 18, 8000}
# The server is about to go, or a majority did not answer: whether the command took effect must be looked up.
_IN_DOUBT = {64, 91, 189, 262, 10107, 11600, 11602, 13435, 13436, 50}

UNSTORABLE = (UnicodeEncodeError, OverflowError, InvalidStringData, InvalidDocument, InvalidBSON)
"""Raised for text and numbers that no document can hold: a lone surrogate, 2**63."""


def refused(error: PyMongoError) -> bool:
    """True where the server does not know the credentials, or not any more."""
    if not isinstance(error, OperationFailure) or says_full(error):
        return False
    return error.code in _AUTHENTICATION or "authentication failed" in str(error).lower()


def in_doubt(error: PyMongoError) -> bool:
    """True where the command may or may not have taken effect, so that it is worth asking again at once."""
    if isinstance(error, ServerSelectionTimeoutError):
        return False
    return (
        isinstance(error, AutoReconnect | WriteConcernError)
        or isinstance(error, OperationFailure)
        and error.code in _IN_DOUBT
    )


def says_full(error: PyMongoError) -> bool:
    """True where the server has no room."""
    code = error.code if isinstance(error, OperationFailure) else None
    return code in _NO_ROOM or any(words in str(error).lower() for words in _NO_ROOM_WORDS)


def store_error(error: PyMongoError) -> EngineError:
    """StoreFull or StoreAway, with a sentence. No credentials: the driver's messages have none, the URI is not told."""
    if isinstance(error, OperationFailure) and error.code in _TOO_LARGE:
        return StoreFull("MongoDB takes no document of more than 16 MB.")
    if says_full(error):
        return StoreFull(f"MongoDB has no room ({_first_line(error)}).")
    if refused(error):
        return StoreAway(f"MongoDB refuses the credentials ({_first_line(error)}).")
    if isinstance(error, InvalidURI | ConfigurationError):
        return StoreAway(f"MongoDB's address cannot be used ({_first_line(error)}).")
    if isinstance(error, ConnectionFailure | InvalidOperation):
        return StoreAway(f"MongoDB cannot be reached ({_first_line(error)}).")
    return StoreAway(f"MongoDB cannot do it ({_first_line(error)}).")


def _first_line(error: PyMongoError) -> str:
    return str(error).partition(", Topology Description")[0].partition("\n")[0].partition(", full error")[0][:200]
