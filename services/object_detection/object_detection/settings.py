"""The variables of this service, beside those that every service has."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LayoutName = Literal["auto", "ssd", "ssd-xy", "ssd-raw", "yolov5", "yolov8", "yolo-nms"]
FitName = Literal["auto", "letterbox", "stretch"]
UnitsName = Literal["auto", "pixels", "shares"]


class ModelSettings(BaseSettings):
    """Which detector is used, and how its file is to be understood; see the README."""

    model_config = SettingsConfigDict(env_prefix="OBJECT_", env_file=".env", extra="ignore", env_ignore_empty=True)

    model: Annotated[str | None, Field(description="file of a detector, .onnx or .tflite; none: built-in ones")] = None
    labels: Annotated[str | None, Field(description="file with the names of its classes, one in a line")] = None
    layout: Annotated[LayoutName, Field(description="what its outputs mean")] = "auto"
    fit: Annotated[FitName, Field(description="how pictures get its shape")] = "auto"
    range: Annotated[str, Field(description="values of black and white in its input, such as '0 1'")] = "auto"
    units: Annotated[UnitsName, Field(description="of its boxes: pixels of its input, or shares of it")] = "auto"
    size: Annotated[int, Field(ge=32, le=4096, description="pixels of a side, where the model takes any")] = 640
    first_class: Annotated[int, Field(ge=0, le=1, description="the number that the model gives the first label")] = 0
    overlap: Annotated[float, Field(gt=0, lt=1, description="most intersection over union of two things")] = 0.45

    @field_validator("range")
    @classmethod
    def _two_numbers(cls, text: str) -> str:
        if text != "auto":
            low, high = _numbers(text)
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError("it must be 'auto' or two numbers, the smaller first, such as '0 1'")
        return text

    def limits(self) -> tuple[float, float] | None:
        """Black and white as the model knows them; None where that is left to the service."""
        return None if self.range == "auto" else _numbers(self.range)


def _numbers(text: str) -> tuple[float, float]:
    parts = text.replace(",", " ").split()
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        raise ValueError("it must be 'auto' or two numbers, the smaller first, such as '0 1'") from None
    return low, high


def read_settings() -> ModelSettings:
    """Read them. Raises ValueError with a sentence that names the variable."""
    try:
        return ModelSettings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = f"OBJECT_{str(first['loc'][0]).upper()}" if first["loc"] else "the environment"
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{name} is wrong: {message}, not {first['input']!r}") from None
