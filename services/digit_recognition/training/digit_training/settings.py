"""Where things are: settings from the environment or a file `.env`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The variables DIGIT_MODELS, DIGIT_WORK, DIGIT_KEEP, DIGIT_REMOTE, DIGIT_PARAMS and MLFLOW_TRACKING_URI."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    digit_models: str = Field(
        default="models", description="where models are published: a folder, or s3://bucket/prefix"
    )
    digit_work: Path = Field(
        default=Path("work"), description="folder of the service's runs, and of MLflow's own files"
    )
    digit_keep: Path | None = Field(
        default=None, description="the digit service's folder of pictures that people corrected"
    )
    digit_remote: str | None = Field(
        default=None, description="where DVC keeps data and models: a folder, or s3://bucket/prefix"
    )
    digit_params: Path | None = Field(default=None, description="params.yaml of the service; without one, the defaults")
    mlflow_tracking_uri: str | None = Field(
        default=None, description="MLflow's server; without one SQLite in DIGIT_WORK"
    )

    @property
    def corrected(self) -> Path | None:
        """The folder of corrected pictures, where there is one."""
        folder = self.digit_keep / "labelled" if self.digit_keep else None
        return folder if folder and folder.is_dir() else None
