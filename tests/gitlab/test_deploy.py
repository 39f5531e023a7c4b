"""`.gitlab/deploy.sh`, with a small program in the place of a cluster; it keeps what is applied, fails on demand."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.k8s.built import COMPONENTS
from tools import deliver
from tools.layout import ROOT

KUBECTL = """#!{python}
import json, os, subprocess, sys
from pathlib import Path

folder, words = Path({folder!r}), [word for word in sys.argv[1:]]
with open(folder / "asked", "a") as asked:
    asked.write(" ".join(words) + "\\n")
state = json.loads((folder / "state").read_text())
if words[:2] == ["--namespace", words[1]]:
    words = words[2:]
if words[0] == "get":
    print(state.get(words[2], ""), end="")
elif words[0] == "apply":
    built = subprocess.run({kustomize!r} + [words[-1]], capture_output=True, text=True, check=True).stdout
    (folder / "applied.yaml").write_text(built)
elif words[:2] == ["rollout", "status"]:
    sys.exit(int(words[2].partition("/")[2] in state.get("failing", [])))
"""


class Cluster:
    """A checkout with the pipeline's folders, and the program on the path that stands for a cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("k8s", ".gitlab", "deploy"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("secrets", "release"))
        (folder / "bin").mkdir()
        program = folder / "bin" / "kubectl"
        kustomize = deliver.kustomize(Path("x"))[:-1]
        program.write_text(KUBECTL.format(python=sys.executable, folder=str(folder), kustomize=kustomize))
        program.chmod(0o755)
        self.set({})

    def set(self, state: dict[str, Any]) -> None:
        """What runs: an image by component; `failing` names those whose rollout fails."""
        (self.folder / "state").write_text(json.dumps(state))

    def built(self, component: str, image: str) -> None:
        """What the job that builds an image leaves."""
        (self.folder / "images").mkdir(exist_ok=True)
        (self.folder / "images" / component).write_text(f"{image}\n")

    def deploy(self, overlay: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Deploy."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        command = ["sh", str(self.folder / ".gitlab" / "deploy.sh"), overlay]
        environment = {**os.environ, **variables, "PATH": path}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    @property
    def images(self) -> dict[str, str]:
        """The images of the Deployments that were applied."""
        objects = yaml.load_all((self.folder / "applied.yaml").read_text(), Loader=yaml.CSafeLoader)
        return {
            each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
            for each in objects
            if each["kind"] == "Deployment"
        }

    @property
    def asked(self) -> list[str]:
        """What kubectl was asked."""
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


RUNNING = {name: f"registry.test/p/{name}:aaaa1111" for name in COMPONENTS}


def test_what_was_built_is_deployed_and_the_rest_stays_as_it_runs(cluster: Cluster) -> None:
    cluster.set(RUNNING)
    cluster.built("engine", "registry.test/p/engine:bbbb2222")
    done = cluster.deploy("dev", KUBE_CONTEXT="group/project:agent")
    assert done.returncode == 0, done.stderr
    wanted = RUNNING | {"engine": "registry.test/p/engine:bbbb2222"}
    assert {name: image for name, image in cluster.images.items() if name in COMPONENTS} == wanted
    assert cluster.asked[0] == "config use-context group/project:agent"
    waited = {line.partition("deployment/")[2].split()[0] for line in cluster.asked if "rollout status" in line}
    assert waited == set(COMPONENTS) and all(
        "--namespace pipelines-dev" in line for line in cluster.asked if "rollout" in line
    )
    lines = (cluster.folder / "release/dev.txt").read_text().splitlines()
    assert dict(line.split() for line in lines) == wanted


def test_prod_gets_what_dev_runs_whatever_this_pipeline_has_built(cluster: Cluster) -> None:
    cluster.set(RUNNING)
    assert cluster.deploy("dev").returncode == 0
    cluster.set({name: f"registry.test/p/{name}:old" for name in COMPONENTS})
    cluster.built("engine", "registry.test/p/engine:cccc3333")
    assert cluster.deploy("prod").returncode == 0
    assert {name: image for name, image in cluster.images.items() if name in COMPONENTS} == RUNNING
    assert (cluster.folder / "release/prod.txt").is_file()


def test_a_first_deployment_needs_every_image(cluster: Cluster) -> None:
    cluster.built("engine", "registry.test/p/engine:bbbb2222")
    done = cluster.deploy("dev")
    assert done.returncode == 1 and "BUILD_ALL=1" in done.stderr
    assert not (cluster.folder / "applied.yaml").exists()
    for name in COMPONENTS:
        cluster.built(name, f"registry.test/p/{name}:bbbb2222")
    assert cluster.deploy("dev").returncode == 0
    assert cluster.images["digit-training"] == "registry.test/p/digit-training:bbbb2222"


def test_a_rollout_that_fails_is_taken_back(cluster: Cluster) -> None:
    cluster.set({**RUNNING, "failing": ["face-analyzer"]})
    cluster.built("face-analyzer", "registry.test/p/face-analyzer:bad")
    done = cluster.deploy("dev")
    assert done.returncode == 1 and "face-analyzer" in done.stderr
    undone = [line for line in cluster.asked if "rollout undo" in line]
    assert undone == ["--namespace pipelines-dev rollout undo deployment/face-analyzer"]
    # Prod must not be given it.
    assert not (cluster.folder / "release/images.txt").exists()


def test_a_canary_runs_beside_the_image_that_is_there(cluster: Cluster) -> None:
    cluster.set(RUNNING)
    cluster.built("digit-recognition", "registry.test/p/digit-recognition:new")
    done = cluster.deploy("dev", CANARY="digit-recognition")
    assert done.returncode == 0, done.stderr
    assert cluster.images["digit-recognition"] == RUNNING["digit-recognition"]
    assert cluster.images["digit-recognition-canary"] == "registry.test/p/digit-recognition:new"
    assert any("rollout status deployment/digit-recognition-canary" in line for line in cluster.asked)
