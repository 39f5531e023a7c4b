"""The objects of `k8s/`, built as `kubectl apply -k` would, and what is said of them often."""

import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools import deliver
from tools.layout import ROOT

K8S = ROOT / "k8s"
OVERLAYS = ("local", "dev", "prod")
SERVICES = {
    "image-processing": 8081,
    "face-detection": 8082,
    "face-analyzer": 8083,
    "digit-recognition": 8084,
    "object-detection": 8085,
    "digit-training": 8086,
}
COMPONENTS = ("engine", *SERVICES)
CANARIES = tuple(name for name in SERVICES if name != "digit-training")

Object = dict[str, Any]


@functools.cache
def built(folder: Path) -> tuple[Object, ...]:
    """All objects of a kustomization."""
    done = subprocess.run(deliver.kustomize(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(each for each in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if each)


def overlay(name: str) -> tuple[Object, ...]:
    """The objects of an overlay."""
    return built(K8S / "overlays" / name)


def variant(folder: Path, name: str, more: str) -> tuple[Object, ...]:
    """The objects of an overlay with more added to it, as a release does that; `folder` is one of the test's own."""
    (folder / "kustomization.yaml").write_text(
        f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"resources:\n  - {relative(folder)}/overlays/{name}\n" + more.format(k8s=relative(folder))
    )
    return built(folder)


def relative(folder: Path) -> str:
    """`k8s/` as seen from a folder: kustomize takes no absolute paths."""
    return "../" * (len(folder.resolve().parts) - 1) + str(K8S.resolve())[1:]


def of_kind(objects: tuple[Object, ...], *kinds: str) -> dict[str, Object]:
    """Those of these kinds, by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] in kinds}


@dataclass(frozen=True)
class Workload:
    """What makes pods: its kind and name, and the template of the pods."""

    kind: str
    name: str
    template: Object

    @property
    def labels(self) -> dict[str, str]:
        """Of its pods."""
        return dict(self.template["metadata"]["labels"])

    @property
    def pod(self) -> Object:
        """What its pods are to be."""
        spec: Object = self.template["spec"]
        return spec

    @property
    def containers(self) -> list[Object]:
        """All of a pod's, those that run first included."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]


def workloads(objects: tuple[Object, ...]) -> Iterator[Workload]:
    """All that make pods."""
    for each in objects:
        spec = each.get("spec", {})
        if each["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield Workload(each["kind"], each["metadata"]["name"], spec["template"])


def settings_of(objects: tuple[Object, ...], name: str) -> dict[str, str]:
    """The environment that a Deployment's program finds, apart from what is only known in the cluster."""
    maps = of_kind(objects, "ConfigMap")
    container = of_kind(objects, "Deployment")[name]["spec"]["template"]["spec"]["containers"][0]
    found: dict[str, str] = {}
    for source in container["envFrom"]:
        found |= maps[source["configMapRef"]["name"]]["data"]
    return found | {each["name"]: each.get("value", "") for each in container.get("env", [])}
