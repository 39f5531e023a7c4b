"""What a training depends on beside its data: `params.yaml`, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

Digit = Annotated[int, Field(ge=0, le=9)]


class ParametersWrong(ValueError):
    """`params.yaml` cannot be used; the text says what to change."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Augment(_Section):
    """How far pictures are varied while a model trains; see `augment`."""

    rotation: float = Field(default=12, ge=0, le=45, description="degrees either way")
    scale: float = Field(
        default=0.16, ge=0, le=0.7, description="natural logarithm of the factor, height and width by themselves"
    )
    slant: float = Field(default=0.22, ge=0, le=1, description="columns per row")
    shift: float = Field(default=1.5, ge=0, le=6, description="pixels of 28")
    bend: float = Field(default=1.2, ge=0, le=4, description="pixels of 28")
    thicker: float = Field(default=0.8, ge=0, le=1, description="pixels on each side of a stroke")
    thinner: float = Field(default=0.5, ge=0, le=1, description="pixels on each side of a stroke")
    hardness: float = Field(default=1.0, ge=0, le=1, description="share; 0 leaves edges soft")


class Train(_Section):
    """How a model is fitted."""

    epochs: int = Field(default=8, ge=1, le=500)
    copies: int = Field(default=8, ge=1, le=64, description="variations of each picture in an epoch")
    batch: int = Field(default=64, ge=1, le=4096)
    learning_rate: float = Field(default=0.002, gt=0, le=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)
    validation: float = Field(
        default=0.1, gt=0, lt=0.5, description="share of the pictures to learn from that draws the curves"
    )


class Mnist(_Section):
    """Where MNIST comes from."""

    url: str
    sha256: dict[str, str] = Field(description="of the four files, by their names")


class Parameters(_Section):
    """All of `params.yaml`."""

    dataset: Literal["digits", "mnist"] = "digits"
    digits: list[Digit] = Field(default=list(range(10)), min_length=2)
    held_out: float = Field(
        default=0.25, gt=0, lt=1, description="share of scikit-learn's digits; MNIST has its own split"
    )
    seed: int = Field(default=7, ge=0, lt=2**31)
    train: Train = Train()
    augment: Augment = Augment()
    mnist: Mnist = Mnist(url="", sha256={})

    @field_validator("digits")
    @classmethod
    def _each_once(cls, digits: list[int]) -> list[int]:
        if len(set(digits)) != len(digits):
            raise ValueError("each digit is named once")
        return sorted(digits)


def read_parameters(path: Path) -> Parameters:
    """The parameters of a `params.yaml`.

    Raises ParametersWrong where it is no YAML, or has a value that does not fit.
    """
    try:
        return Parameters.model_validate(yaml.safe_load(path.read_text()) or {})
    except (OSError, yaml.YAMLError) as error:
        raise ParametersWrong(f"{path.name} cannot be read: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ParametersWrong(f"{path.name}: {faults}") from error
