"""Write an AI microservice as decorated functions.

The names below are loaded when they are first used, so that `import aiservice.protocol` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiservice.errors import InputError, TryAgain
    from aiservice.files import File
    from aiservice.images import Image, ImageArray, ImageFile, encode_image
    from aiservice.service import Service

__all__ = ["File", "Image", "ImageArray", "ImageFile", "InputError", "Service", "TryAgain", "encode_image"]

_HOME = {
    "File": "aiservice.files",
    "Image": "aiservice.images",
    "ImageArray": "aiservice.images",
    "ImageFile": "aiservice.images",
    "InputError": "aiservice.errors",
    "Service": "aiservice.service",
    "TryAgain": "aiservice.errors",
    "encode_image": "aiservice.images",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'aiservice' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
