"""A route that is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.pipeline.body import Body
from engine.pipeline.flow import Pipeline
from engine.store.base import PipelineRow


@dataclass(frozen=True, slots=True)
class Opened:
    """An open route: its definition as stored, its graph, and the check of its body."""

    row: PipelineRow
    definition: Mapping[str, Any]
    pipeline: Pipeline
    body: Body
