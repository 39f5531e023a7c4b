"""What compose.yaml keeps to: guarded containers, networks, secrets, names."""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.containers.parsed import DOCKERFILES, compose, environment, stages, steps
from tools.images import COMPONENTS
from tools.layout import ROOT

SYSTEM = compose()
PROGRAMS: dict[str, dict[str, Any]] = SYSTEM["services"]
SERVICES = {component.name: component for component in COMPONENTS if component.name != "engine"}
EVERY = pytest.mark.parametrize("name", sorted(PROGRAMS))
SCRIPT = Path("deploy/compose/secrets.sh")


def test_it_fits_the_schema_of_the_specification() -> None:
    words = [str(ROOT / ".venv" / "bin" / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*words, str(ROOT / "compose.yaml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@EVERY
def test_it_is_guarded(name: str) -> None:
    program = PROGRAMS[name]
    assert program["read_only"] is True
    assert program["cap_drop"] == ["ALL"]
    assert program["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", program["user"])
    limits = program["deploy"]["resources"]["limits"]
    assert limits.keys() == {"cpus", "memory", "pids"}
    assert not program.keys() & {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "container_name"}
    assert not any("docker.sock" in str(volume) for volume in program.get("volumes", []))


@EVERY
def test_its_image_has_a_version(name: str) -> None:
    image = PROGRAMS[name]["image"]
    if "build" in PROGRAMS[name] or name == "setup":
        assert re.fullmatch(r"\$\{REGISTRY:-aim\}/[a-z-]+:\$\{REVISION:-dev\}", image)
    else:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+[\d.]*", image)


@EVERY
def test_it_is_reached_from_this_machine_only(name: str) -> None:
    for port in PROGRAMS[name].get("ports", []):
        assert re.fullmatch(r"\$\{PUBLISH:-127\.0\.0\.1\}:(\d+):\1", port)


def test_what_can_be_reached() -> None:
    assert {name for name, program in PROGRAMS.items() if "ports" in program} == {
        "engine",
        "grafana",
        "jaeger",
        "prometheus",
    }


@EVERY
def test_its_health_is_known(name: str) -> None:
    """By the image for those that are built here; Jaeger's has no program that could ask."""
    program = PROGRAMS[name]
    lasting = program["restart"] == "unless-stopped"
    assert ("healthcheck" in program) == (lasting and "build" not in program and name != "jaeger")


def test_the_components_are_those_that_have_images() -> None:
    built = {name: program["build"]["dockerfile"] for name, program in PROGRAMS.items() if "build" in program}
    assert built == {each.name: str(each.dockerfile.relative_to(ROOT)) for each in COMPONENTS}
    for name in built:
        assert PROGRAMS[name]["image"].split("/")[1].split(":")[0] == name
        default = next(step.rest for step in steps(ROOT / built[name]) if step.rest.startswith("PYTHON_IMAGE="))
        pinned = f"${{PYTHON_IMAGE:-{default.removeprefix('PYTHON_IMAGE=')}}}"
        assert PROGRAMS[name]["build"]["args"] == {"REVISION": "${REVISION:-dev}", "PYTHON_IMAGE": pinned}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_reached_by_the_engine_and_by_what_watches(name: str) -> None:
    program = PROGRAMS[name]
    assert program["networks"] == [name]
    assert SYSTEM["networks"][name] == {"internal": True}
    assert {other for other in PROGRAMS if name in PROGRAMS[other]["networks"]} == {
        name,
        "engine",
        "prometheus",
        "jaeger",
    }
    folder = str(SERVICES[name].folder.relative_to(ROOT))
    port = environment(stages(DOCKERFILES[folder])[-1])["APP_PORT"]
    settings = program["environment"]
    assert settings["APP_SERVICE"] == f"http://{name}:{port}"
    assert settings["APP_ENGINE"] == PROGRAMS["engine"]["environment"]["APP_ENGINE"]
    assert settings["APP_KEY_FILE"] == "/run/keys/key"
    assert "service-key:/run/keys:ro" in program["volumes"]
    assert program["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize(("network", "members"), [("records", ["mongodb", "mongodb-setup"]), ("objects", ["s3"])])
def test_the_stores_are_reached_by_the_engine_only(network: str, members: list[str]) -> None:
    assert SYSTEM["networks"][network] == {"internal": True}
    assert [name for name in PROGRAMS if network in PROGRAMS[name]["networks"]] == ["engine", *members]
    assert all(PROGRAMS[name]["networks"] == [network] for name in members)


def test_what_runs_once_is_waited_for() -> None:
    """By something that stays: otherwise `docker compose up --wait` takes its end for a failure."""
    once = {name for name, program in PROGRAMS.items() if program["restart"] == "no"}
    lasting = [each for name, each in PROGRAMS.items() if name not in once and "profiles" not in each]
    waited = {
        name
        for program in lasting
        for name, condition in program.get("depends_on", {}).items()
        if condition == {"condition": "service_completed_successfully"}
    }
    assert once == waited == {"mongodb-setup", "setup"}


def test_training_is_asked_for() -> None:
    assert [name for name, program in PROGRAMS.items() if "profiles" in program] == ["digit-training"]


@EVERY
def test_secrets_are_files(name: str) -> None:
    program = PROGRAMS[name]
    for variable, value in program.get("environment", {}).items():
        if re.search("KEY|SECRET|PASSWORD|TOKEN|MONGO_URI", variable):
            assert variable.endswith("_FILE") and re.match("/run/(secrets|keys)/", value), variable
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in program["secrets"]
    words = " ".join(map(str, [*program.get("command", []), *program.get("entrypoint", [])]))
    assert set(re.findall(r"/run/secrets/([\w.-]+)", words)) <= set(program.get("secrets", []))


def test_all_that_is_named_is_declared_and_used() -> None:
    used: dict[str, set[str]] = {"networks": set(), "secrets": set(), "volumes": set()}
    for program in PROGRAMS.values():
        used["networks"] |= set(program["networks"])
        used["secrets"] |= set(program.get("secrets", []))
        sources = [re.sub(r"^\$\{\w+:-([\w-]+)\}", r"\1", each).split(":")[0] for each in program.get("volumes", [])]
        used["volumes"] |= {source for source in sources if not source.startswith(".")}
        assert all(
            (ROOT / source).exists() for source in sources if source.startswith(("./deploy/compose", "./pipelines"))
        )
        assert program.get("depends_on", {}).keys() <= PROGRAMS.keys()
    assert {kind: SYSTEM[kind].keys() for kind in used} == used


def tree(folder: Path) -> Path:
    """A folder with the script that makes the secrets, and nothing else."""
    (folder / SCRIPT).parent.mkdir(parents=True)
    shutil.copy(ROOT / SCRIPT, folder / SCRIPT)
    return folder


def make_secrets(folder: Path) -> list[str]:
    done = subprocess.run(["sh", folder / SCRIPT], cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_the_secrets_are_made_once(tmp_path: Path) -> None:
    made = make_secrets(tree(tmp_path))
    assert sorted(made) == sorted(declared["file"].removeprefix("./") for declared in SYSTEM["secrets"].values())
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    values = {name: (tmp_path / name).read_text() for name in made}
    assert all(stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o444 for name in made)
    assert len(set(values.values())) == len(made)
    assert min(map(len, values.values())) >= 20
    assert make_secrets(tmp_path) == []
    assert {name: (tmp_path / name).read_text() for name in made} == values


def test_the_secrets_fit_together(tmp_path: Path) -> None:
    make_secrets(tree(tmp_path))
    values = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert values["mongodb-uri"].startswith(f"mongodb://engine:{values['mongodb-engine-password']}@mongodb:27017/")
    [identity] = json.loads(values["s3-identities.json"])["identities"]
    assert identity["credentials"] == [{"accessKey": values["s3-key-id"], "secretKey": values["s3-secret-key"]}]
    assert len(values["admin-key"]) >= 32


def test_a_lost_secret_alone_is_made_again(tmp_path: Path) -> None:
    make_secrets(tree(tmp_path))
    (tmp_path / "secrets" / "grafana-password").unlink()
    assert make_secrets(tmp_path) == ["secrets/grafana-password"]


def test_the_secrets_are_nowhere_in_git() -> None:
    ignored = subprocess.run(["git", "check-ignore", "secrets/admin-key"], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0
