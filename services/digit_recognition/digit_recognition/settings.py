"""What the service reads from its environment, or from `.env`, beside the variables of every service."""

from __future__ import annotations

from pathlib import Path

from aiservice.settings import WebAddress, WrongSetting
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .places import open_place


class DigitSettings(BaseSettings):
    """The variables DIGIT_*."""

    model_config = SettingsConfigDict(env_prefix="DIGIT_", env_file=".env", extra="ignore", env_ignore_empty=True)

    models: str | None = Field(default=None, description="where models are published: a folder, or s3://bucket/prefix")
    look: float = Field(default=2.0, gt=0, le=3600, description="seconds between two looks for a new model")
    window: int = Field(
        default=500, ge=100, le=100_000, description="pictures that drift is measured on: the last ones"
    )
    retrain: WebAddress | None = Field(
        default=None, description="URL that a task is posted to when pictures have drifted"
    )
    retrain_pause: float = Field(
        default=3600.0, ge=1, le=31_536_000, description="seconds between two such tasks, at least"
    )
    keep: Path | None = Field(
        default=None, description="folder for pictures that the model is not sure of, and for labelled ones"
    )
    keep_below: float = Field(default=0.8, gt=0, le=1, description="confidence below which a picture is kept")
    keep_count: int = Field(default=1000, ge=1, le=1_000_000, description="pictures kept at most; the oldest go first")
    keep_days: float = Field(
        default=30.0, gt=0, le=3650, description="days after which a picture that nobody labelled is removed"
    )


def read_digit_settings() -> DigitSettings:
    """Read them. Raises WrongSetting, a sentence that names the variable."""
    try:
        settings = DigitSettings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        raise WrongSetting(
            f"DIGIT_{str(first['loc'][0]).upper()} is wrong: {message}, not {first['input']!r}"
        ) from None
    if settings.models is not None:
        try:
            open_place(settings.models)
        except ValueError as error:
            raise WrongSetting(f"DIGIT_MODELS is wrong: {error}") from None
    return settings
