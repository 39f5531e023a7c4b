"""The official schemas of the objects, in which an unknown field is a fault."""

import functools
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs

OLDEST, NEWEST = "1.30", "1.37"
"""The versions of Kubernetes between which the objects are good. 1.30 is the first that lets `preStop` sleep."""

_SCHEMAS = Path(str(files("kubernetes_validate"))) / "kubernetes-json-schema"


@functools.cache
def _definitions(version: str) -> jsonschema_rs.Registry:
    content = json.loads((_SCHEMAS / f"v{version}.0-local-strict" / "_definitions.json").read_bytes())
    return jsonschema_rs.Registry([("file:///api/_definitions.json", content)])


@functools.cache
def _validator(version: str, api: str, kind: str) -> Any:
    group, _, of = api.rpartition("/")
    name = "-".join([kind.lower(), *filter(None, [group.partition(".")[0]]), of])
    schema = json.loads((_SCHEMAS / f"v{version}.0-local-strict" / f"{name}.json").read_bytes())
    return jsonschema_rs.Draft7Validator(schema, registry=_definitions(version), base_uri=f"file:///api/{name}.json")


def faults(version: str, document: dict[str, Any]) -> list[str]:
    """What is wrong with an object, by the schema of its kind. FileNotFoundError where Kubernetes has no such kind."""
    where = f"{document['kind']} {document['metadata']['name']}"
    found = _validator(version, document["apiVersion"], document["kind"]).iter_errors(document)
    return [f"{where} {'/'.join(map(str, each.instance_path))}: {each.message}" for each in found]
