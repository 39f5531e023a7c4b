"""The model files of the attributes: what they are called, and which of them are there. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "age": "age_model_weights.onnx",
    "gender": "gender_model_weights.onnx",
    "emotion": "facial_expression_model_weights.onnx",
    "race": "race_model_single_batch.onnx",
}
"""Attributes of DeepFace, and the files of its ONNX backend (release v1.0 of serengil/deepface_models)."""


def present(folder: Path | None) -> list[str]:
    """Return the attributes whose files are in a folder, in the order of FILES."""
    return [name for name, file in FILES.items() if folder is not None and (folder / file).is_file()]
