"""What every pod of every overlay must be: nobody's root, bounded, watched, and without anything secret in git."""

import base64
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.k8s.built import COMPONENTS, K8S, OVERLAYS, SERVICES, Object, Workload, built, of_kind, overlay, workloads
from tests.k8s.schemas import NEWEST, faults

EVERY = {f"{name}-{each.kind}-{each.name}": each for name in OVERLAYS for each in workloads(overlay(name))}
ALL = [pytest.param(each, id=name) for name, each in EVERY.items()]
RUNNING = [pytest.param(each, id=name) for name, each in EVERY.items() if each.kind not in ("CronJob", "Job")]
PINNED = re.compile(r"^[a-z0-9.-]+(?:/[a-z0-9._-]+)*:(?!latest$)[A-Za-z0-9._-]+$")


@pytest.mark.parametrize("workload", ALL)
def test_a_pod_is_nobodys_root(workload: Workload) -> None:
    pod = workload.pod["securityContext"]
    assert pod["runAsNonRoot"] is True and pod["runAsUser"] > 0 and pod["runAsGroup"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    if workload.name in COMPONENTS:
        assert (pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"]) == (10001, 10001, 10001)
    for field in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
        assert field not in workload.pod
    assert not [volume for volume in workload.pod["volumes"] if "hostPath" in volume]
    for container in workload.containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]] or container["name"] == "key-file"


@pytest.mark.parametrize("workload", ALL)
def test_a_pod_has_no_token_that_it_does_not_need(workload: Workload) -> None:
    assert workload.pod["automountServiceAccountToken"] is (workload.name == "prometheus")
    assert workload.pod["enableServiceLinks"] is False


@pytest.mark.parametrize("workload", ALL)
def test_what_a_pod_may_use_is_bounded(workload: Workload) -> None:
    for container in workload.containers:
        for of in ("cpu", "memory", "ephemeral-storage"):
            assert container["resources"]["requests"][of] and container["resources"]["limits"][of]
    assert all(volume["emptyDir"].get("sizeLimit") for volume in workload.pod["volumes"] if "emptyDir" in volume)


@pytest.mark.parametrize("workload", ALL)
def test_images_are_of_one_version(workload: Workload) -> None:
    for container in workload.containers:
        assert PINNED.match(container["image"]), container["image"]


@pytest.mark.parametrize("workload", RUNNING)
def test_a_pod_is_watched(workload: Workload) -> None:
    (container,) = workload.pod["containers"]
    names = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        target = container[probe].get("httpGet") or container[probe]["tcpSocket"]
        assert target["port"] in names
    if workload.name in COMPONENTS:
        paths = [container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
        assert paths == ["/health/live", "/health/live", "/health/ready"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_was_begun_is_ended_before_a_pod_goes(name: str) -> None:
    """The engine drains for 10 seconds, and before that for 5 nothing new comes; a service has APP_GRACE."""
    pods = {each.name: each.pod for each in workloads(overlay(name))}
    sleep = pods["engine"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pods["engine"]["terminationGracePeriodSeconds"] >= sleep + 10 + 5
    settings = next(each for each in overlay(name) if each["metadata"]["name"].startswith("service-settings"))
    for service in SERVICES:
        assert pods[service]["terminationGracePeriodSeconds"] >= float(settings["data"]["APP_GRACE"]) + 10


def test_pods_that_are_not_hardened_are_refused_in_every_namespace() -> None:
    namespaces = of_kind(built(K8S / "cluster"), "Namespace")
    assert set(namespaces) == {f"pipelines-{name}" for name in OVERLAYS}
    for each in namespaces.values():
        assert each["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_who_deploys_reads_no_secrets() -> None:
    (role,) = of_kind(built(K8S / "cluster"), "ClusterRole").values()
    named = [set(rule["resources"]) | set(rule["verbs"]) for rule in role["rules"]]
    assert not [each for each in named if each & {"secrets", "*", "pods/exec", "bind", "escalate", "impersonate"}]


@pytest.mark.parametrize("name", OVERLAYS)
def test_nothing_secret_is_in_what_git_has(name: str) -> None:
    assert not of_kind(overlay(name), "Secret")
    for each in of_kind(overlay(name), "ConfigMap").values():
        for key, value in each["data"].items():
            if value.startswith("/run/secrets/"):
                continue
            given = bool(re.search(r"SECRET|PASSWORD|TOKEN|_KEY$|KEY_ID$|MONGO_URI$", key)) and bool(value)
            assert not given and not re.search("://[^/]*@", value), key


def _made(folder: Path, name: str) -> "subprocess.CompletedProcess[str]":
    script = folder / "secrets.sh"
    if not script.exists():
        script.write_bytes((K8S / "secrets.sh").read_bytes())
    return subprocess.run(["bash", str(script), name], capture_output=True, text=True, check=False)


def _secrets(folder: Path) -> dict[str, Object]:
    built.cache_clear()
    found = built(folder)
    assert [fault for each in found for fault in faults(NEWEST, each)] == []
    return of_kind(found, "Secret")


def _wanted(name: str) -> dict[str, set[str]]:
    """The Secrets that the pods of an overlay cannot start without, and keys that they name."""
    wanted: dict[str, set[str]] = {}
    for workload in workloads(overlay(name)):
        for volume in workload.pod["volumes"]:
            if "secret" in volume and not volume["secret"].get("optional"):
                wanted.setdefault(volume["secret"]["secretName"], set())
        for variable in (each for container in workload.containers for each in container.get("env", [])):
            source = variable.get("valueFrom", {}).get("secretKeyRef", {"optional": True})
            if not source.get("optional"):
                wanted.setdefault(source["name"], set()).add(source["key"])
    return wanted


@pytest.mark.parametrize("name", OVERLAYS)
def test_secrets_are_made_of_files_once(name: str, tmp_path: Path) -> None:
    if name == "prod":
        told = _made(tmp_path, name)
        assert told.returncode == 1 and "mongo-uri" in told.stderr
        for file in ("mongo-uri", "s3-key-id", "s3-secret-key", "digits-key-id", "digits-secret-key"):
            (tmp_path / "secrets" / name / file).write_text(f"given-{file}")
    assert _made(tmp_path, name).returncode == 0
    found = _secrets(tmp_path / "secrets" / name)
    wanted = _wanted(name)
    assert set(found) == set(wanted)
    assert all(keys <= set(found[of]["data"]) for of, keys in wanted.items())
    # Values are not in ConfigMaps' hands: files of the engine are named in its settings.
    files = {path.rpartition("/")[2] for path in _files_of_settings(name)}
    assert files - {"service-key"} <= set(found["engine-secrets"]["data"])
    assert _made(tmp_path, name).returncode == 0
    assert {key: each["data"] for key, each in _secrets(tmp_path / "secrets" / name).items()} == {
        key: each["data"] for key, each in found.items()
    }
    for path in (tmp_path / "secrets" / name).iterdir():
        assert path.stat().st_mode & 0o077 == 0


def _files_of_settings(name: str) -> list[str]:
    maps = of_kind(overlay(name), "ConfigMap").values()
    return [value for each in maps for value in each["data"].values() if value.startswith("/run/secrets/")]


def test_keys_that_the_engine_makes_are_taken_when_they_are_there(tmp_path: Path) -> None:
    assert _made(tmp_path, "dev").returncode == 0
    (tmp_path / "secrets/dev/service-key").write_text("aim_1_2")
    (tmp_path / "secrets/dev/submit-key").write_text("aim_3_4")
    (tmp_path / "secrets/dev/read-key").write_text("aim_5_6")
    assert _made(tmp_path, "dev").returncode == 0
    found = _secrets(tmp_path / "secrets/dev")
    assert base64.b64decode(found["service-secrets"]["data"]["service-key"]) == b"aim_1_2"
    assert base64.b64decode(found["retrain-secrets"]["data"]["submit-key"]) == b"aim_3_4"
    assert base64.b64decode(found["prometheus-secrets"]["data"]["read-key"]) == b"aim_5_6"


def test_the_store_knows_the_keys_that_are_given_out(tmp_path: Path) -> None:
    assert _made(tmp_path, "local").returncode == 0
    found = _secrets(tmp_path / "secrets/local")
    text = {key: base64.b64decode(value).decode() for key, value in found["engine-secrets"]["data"].items()}
    identities = yaml.safe_load(base64.b64decode(found["s3-secrets"]["data"]["s3.json"]))["identities"]
    engine = {"accessKey": text["s3-key-id"], "secretKey": text["s3-secret-key"]}
    assert engine in [credentials for each in identities for credentials in each["credentials"]]
    assert base64.b64decode(found["mongodb-secrets"]["data"]["password"]).decode() in text["mongo-uri"]
