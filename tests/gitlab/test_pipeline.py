"""The pipeline is good GitLab, and has for each change the jobs that it should have."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gitlab.pipeline import (
    BRANCH,
    MAIN,
    REQUEST,
    SCHEDULE,
    STAGES,
    WHATEVER_CHANGED,
    applies,
    chosen,
    head,
    holds,
    jobs,
    needed,
    run,
)
from tests.k8s.built import COMPONENTS, SERVICES
from tools.layout import ROOT

ALWAYS = {"lint:budgets"}
OTHERS = {"sdk", "template", "webapp"}
DEPLOYED = {"deploy:dev", "deploy:prod", "retain:images"}
EVERY_PART = {*COMPONENTS, *OTHERS}
TRAINING = {"data:digits", "train:digits"}

CHANGES = {
    "README.md": set(),
    "engine/app.py": {"engine"},
    "tests/api/test_tasks.py": {"engine"},
    "k8s/base/kustomization.yaml": {"engine"},
    "webapp/src/main.tsx": {"webapp"},
    "services/template/my_service/service.py": {"template"},
    "services/image_processing/image_processing/effects.py": {"image-processing"},
    "services/face_detection/tests/test_boxes.py": {"face-detection"},
    "services/face_detection/face_detection/boxes.py": {"face-detection", "object-detection"},
    "services/face_analyzer/uv.lock": {"face-analyzer"},
    "services/digit_recognition/digit_recognition/psi.py": {"digit-recognition", "digit-training"},
    "services/digit_recognition/training/digit_training/model.py": {"digit-training"},
    "services/object_detection/README.md": {"object-detection"},
    "services/sdk/aiservice/queue.py": {"engine", "sdk", "template", *SERVICES},
    ".gitlab/ci/shared.yml": EVERY_PART,
}


def parts_of(names: set[str]) -> set[str]:
    """The components whose checks and tests are among the jobs."""
    return {name.partition(":")[2] for name in names if name.startswith("lint:")} - {"budgets"}


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_runs_what_it_concerns(path: str) -> None:
    found = set(chosen(BRANCH, [path]))
    parts = CHANGES[path]
    assert parts_of(found) == parts
    wanted = ALWAYS | {f"{kind}:{part}" for part in parts for kind in ("lint", "prepare", "test")}
    wanted |= {"test:engine-apart", "test:engine-stores"} if "engine" in parts else set()
    wanted |= {"audit"} if path.endswith(".lock") else set()
    assert found == wanted


@pytest.mark.parametrize("path", CHANGES)
def test_on_the_main_branch_what_was_changed_is_built_and_deployed(path: str) -> None:
    found = set(chosen(MAIN, [path]))
    built = {name.partition(":")[2] for name in found if name.startswith("image:")}
    # The page is in the engine's image, SDK and template are no programs.
    assert built == {"engine" if part == "webapp" else part for part in CHANGES[path]} - {"sdk", "template"}
    assert DEPLOYED <= found


def test_a_merge_request_neither_builds_nor_deploys() -> None:
    found = chosen(REQUEST | {"BUILD_ALL": "1"}, ["engine/app.py"])
    assert parts_of(set(found)) == EVERY_PART
    assert not [name for name, job in found.items() if job["stage"] in ("build", "deploy")]


def test_everything_can_be_asked_for() -> None:
    found = set(chosen(MAIN | {"BUILD_ALL": "1"}, []))
    assert parts_of(found) == EVERY_PART
    assert {f"image:{name}" for name in COMPONENTS} <= found


def test_the_model_is_trained_where_its_parameters_change() -> None:
    path = "services/digit_recognition/training/params.yaml"
    assert TRAINING <= set(chosen(REQUEST, [path])) and "promote:digits" not in chosen(REQUEST, [path])
    assert TRAINING | {"promote:digits"} <= set(chosen(MAIN, [path]))
    assert TRAINING | {"promote:digits"} <= set(chosen(SCHEDULE | {"MLOPS": "1"}, []))
    assert not (TRAINING | {"promote:digits"}) & set(chosen(SCHEDULE, [path]))
    assert jobs()["train:digits"]["artifacts"]["reports"]["metrics"].endswith("metrics.txt")
    assert any("evaluation" in kept for kept in jobs()["train:digits"]["artifacts"]["paths"])


@pytest.mark.parametrize("path", [*CHANGES, "services/digit_recognition/training/params.yaml"])
def test_no_job_needs_one_that_is_not_there(path: str) -> None:
    """GitLab would refuse the whole pipeline."""
    order = {stage: number for number, stage in enumerate(STAGES)}
    for variables in (MAIN, BRANCH, REQUEST, SCHEDULE, SCHEDULE | {"MLOPS": "1"}):
        found = chosen(variables, [path])
        for name, job in found.items():
            for other, optional in needed(job):
                assert optional or other in found, f"{name} needs {other} in {variables}"
                assert order[jobs()[other]["stage"]] <= order[job["stage"]]


def test_stages_and_files_are_as_the_project_has_them() -> None:
    assert tuple(head()["stages"]) == STAGES
    assert {job["stage"] for job in jobs().values()} == set(STAGES)
    files = {path.stem for path in (ROOT / ".gitlab" / "ci").glob("*.yml")}
    assert files == {*EVERY_PART, "shared", "project", "deploy"}
    for name in EVERY_PART:
        # Its own file is a reason to run it.
        assert f"lint:{name}" in chosen(BRANCH, [f".gitlab/ci/{name}.yml"])
    for name in COMPONENTS:
        folder = jobs()[f"image:{name}"]["variables"]["DOCKERFILE"]
        assert folder.endswith("/Dockerfile") and (ROOT / folder).parent.is_dir()


def test_a_change_has_one_pipeline() -> None:
    rules = {"rules": head()["workflow"]["rules"]}
    assert applies(rules, REQUEST, [])
    assert applies(rules, BRANCH, []) and applies(rules, MAIN, []) and applies(rules, SCHEDULE, [])
    assert not applies(rules, BRANCH | {"CI_OPEN_MERGE_REQUESTS": "project!1"}, [])
    assert applies(rules, SCHEDULE | {"CI_OPEN_MERGE_REQUESTS": "project!1"}, [])


def test_nothing_that_has_begun_to_deploy_is_broken_off() -> None:
    default = head()["default"]["interruptible"]
    for name, job in jobs().items():
        assert job.get("interruptible", default) is (job["stage"] != "deploy"), name
        assert ("resource_group" in job) is (job["stage"] == "deploy"), name
    manual = [
        name for name, job in jobs().items() if any(rule.get("when") == "manual" for rule in job.get("rules", []))
    ]
    assert manual == ["deploy:prod"]


def test_images_of_jobs_are_of_one_version() -> None:
    values = [value for name, value in head()["variables"].items() if name.endswith("_IMAGE")]
    services = [each["name"] for each in jobs()["test:engine-stores"]["services"]]
    assert len(values) == 3 and len(services) == 2
    for image in (*values, *services):
        assert re.fullmatch(r"[a-z0-9.-]+(/[a-z0-9._-]+)+:(?!latest)[\w.-]+", image), image


def test_tests_are_told_to_gitlab() -> None:
    for name, job in jobs().items():
        if name.startswith("test:"):
            assert job["artifacts"]["reports"]["junit"] and job["artifacts"]["when"] == "always"


def test_conditions_are_understood_as_gitlab_does() -> None:
    assert holds('$A == "1" || $B', {"B": "x"}) and not holds('$A == "1" || $B', {})
    assert holds("$A != $B", {"A": "1", "B": "2"}) and not holds('$A && $B == "2"', {"B": "2"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the pipeline in it, one file of a service changed on a branch."""
    for name in (".gitlab-ci.yml", ".gitlab"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    lines = """init -q -b main|add -A|commit -q -m first|remote add origin git@gitlab.example.com:group/project.git
        update-ref refs/remotes/origin/main HEAD|symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
        checkout -q -b change"""
    own = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    for line in re.split(r"[|\n]", lines):
        subprocess.run(["git", "-C", str(tmp_path), *own, *line.split()], check=True, capture_output=True)
    changed = tmp_path / "services/template/my_service/service.py"
    changed.parent.mkdir(parents=True)
    changed.write_text("# changed\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(tmp_path), *own, "commit", "-q", "-m", "second"], check=True)
    return tmp_path


def test_gitlab_ci_local_sees_the_same_jobs(repository: Path) -> None:
    """It reads the file by GitLab's own schema, and applies the rules by itself."""
    done = run("--list-csv", folder=repository)
    assert done.returncode == 0, done.stderr
    assert "json schema validated" in done.stderr + done.stdout
    listed = {line.partition(";")[0] for line in done.stdout.splitlines() if ":" in line.partition(";")[0]}
    assert listed - {"name"} == set(chosen(BRANCH, ["services/template/my_service/service.py"])) - {"audit"}


def test_what_is_no_gitlab_is_refused(repository: Path) -> None:
    path = repository / ".gitlab/ci/template.yml"
    path.write_text(path.read_text().replace("extends:", "extend:", 1))
    assert run("--list-csv", folder=repository).returncode != 0


def test_a_job_runs_here_as_it_would_there() -> None:
    """In this shell, with the environments that are there: no container engine is needed."""
    done = run(
        "--force-shell-executor", "--no-color", WHATEVER_CHANGED, "lint:template", "test:template", "lint:budgets"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"PASS +(\S+)", done.stdout + done.stderr)
    assert sorted(passed) == ["lint:budgets", "lint:template", "test:template"]
    assert (ROOT / "reports/template.xml").is_file()
