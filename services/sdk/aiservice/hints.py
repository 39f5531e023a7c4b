"""What type hints say: which are binaries, which are models, which take a plain text."""

import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aiservice.files import File
from aiservice.images import Image, ImageFile

Kind = Literal["file", "image_file", "image_array", "model", "value"]


def kind_of(hint: Any) -> Kind:
    """Return what comes in for a parameter of this type."""
    hint = _unwrap(hint)
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    plain = get_origin(hint) or hint
    if any(isinstance(mark, Image) for mark in marks) or _is_array(plain):
        return "image_array"
    if _is_class(plain, ImageFile):
        return "image_file"
    if _is_class(plain, File):
        return "file"
    return "model" if _is_class(plain, BaseModel) else "value"


def model_of(hint: Any) -> type[BaseModel]:
    """Return the model of a hint whose kind is "model"."""
    hint = _unwrap(hint)
    model: type[BaseModel] = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return model


def keys_of(model: type[BaseModel]) -> set[str]:
    """Return the names, and the aliases, of a model's fields."""
    return set(model.model_fields) | {str(field.alias) for field in model.model_fields.values() if field.alias}


def text_key_of(model: type[BaseModel], name: str) -> str | None:
    """Return the key whose value a plain text is for a parameter `name` of this model; None where there is none.

    It is the field of the parameter's own name, else the only required one, where that is a text, choice or number.
    """
    keyed = {field.alias or key: field for key, field in model.model_fields.items()}
    required = [key for key, field in keyed.items() if field.is_required()]
    key = name if name in keyed else required[0] if len(required) == 1 else None
    return key if key is not None and _is_scalar(keyed[key]) else None


def takes_text(hint: Any) -> bool:
    """Tell whether a text is a value of this type as it stands, even one that looks like a number."""
    hint = _bare(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return any(takes_text(inner) for inner in get_args(hint))
    if get_origin(hint) is Literal:
        return any(isinstance(value, str) for value in get_args(hint))
    if _is_class(hint, Enum):
        return any(isinstance(member.value, str) for member in hint)
    return hint is Any or _is_class(hint, str)


def _is_scalar(field: FieldInfo) -> bool:
    hint = _unwrap(field.annotation)
    inner = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    kinds = [_bare(one) for one in inner if one is not type(None)]
    return all(kind is not bool and (takes_text(kind) or _is_class(kind, (int, float, Enum))) for kind in kinds)


def _bare(hint: Any) -> Any:
    hint = _unwrap(hint)
    return _unwrap(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


def _unwrap(hint: Any) -> Any:
    """Return the hint without `| None`, where one other type is left."""
    if get_origin(hint) in (Union, types.UnionType):
        others = [inner for inner in get_args(hint) if inner is not type(None)]
        if len(others) == 1:
            return others[0]
    return hint


def _is_class(hint: Any, base: type | tuple[type, ...]) -> bool:
    return isinstance(hint, type) and issubclass(hint, base)


def _is_array(hint: Any) -> bool:
    """Tell whether a hint is numpy's array, without loading numpy."""
    return getattr(hint, "__module__", "") == "numpy" and getattr(hint, "__name__", "") == "ndarray"
