"""What this service reads from its environment or from `.env`, beside the settings that every service has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FaceSettings(BaseSettings):
    """The settings of the face analysis."""

    model_config = SettingsConfigDict(env_prefix="FACE_", env_file=".env", extra="ignore", env_ignore_empty=True)

    models: Annotated[Path | None, Field(description="folder that holds the model files of the attributes")] = None
