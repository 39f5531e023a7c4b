"""The operations: each is a function; its type hints say what comes in, its docstring is its documentation."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from aiservice import File, ImageArray, InputError, Service, encode_image

service = Service("my-service", summary="A service to start from")


class Settings(BaseModel):
    """One JSON field: these keys come with it."""

    axis: Literal["horizontal", "vertical"] = "horizontal"
    quality: int = Field(90, ge=1, le=100)


class Mean(BaseModel):
    """What comes back. Pipelines that use it are checked against these fields."""

    mean: float


@service.on_load
def load() -> None:
    """Load your model here, into a module variable: the service is ready when this has returned."""


@service.operation("my-mirror", path="/mirror")
def mirror(image: ImageArray, settings: Settings) -> File:
    """Mirror a picture.

    The field `settings` says along which axis, and how well the result is written.
    """
    mirrored = image[:, ::-1] if settings.axis == "horizontal" else image[::-1]
    return encode_image(mirrored, "jpeg", quality=settings.quality, name="mirrored.jpg")


@service.operation("my-mean", path="/mean", example={"values": [1, 2.5]})
def mean(values: list[float]) -> Mean:
    """Mean of some numbers."""
    if not values:
        raise InputError("values: give at least one number")
    return Mean(mean=float(np.mean(values)))
