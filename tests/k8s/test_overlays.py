"""Every overlay builds, the schemas accept every object, and what belongs together has the same names."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.k8s.built import CANARIES, COMPONENTS, K8S, OVERLAYS, SERVICES, built, of_kind, overlay, variant, workloads
from tests.k8s.schemas import NEWEST, OLDEST, faults
from tools.layout import ROOT

FOLDERS = [*(f"overlays/{name}" for name in OVERLAYS), *(f"canaries/{name}" for name in CANARIES), "cluster"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_official_schemas_accept_every_object(folder: str) -> None:
    found = built(K8S / folder)
    assert found
    versions = (NEWEST,) if folder.startswith("canaries/") else (OLDEST, NEWEST)
    assert [fault for version in versions for each in found for fault in faults(version, each)] == []


def test_the_schemas_know_unknown_fields() -> None:
    deployment = of_kind(overlay("local"), "Deployment")["engine"]
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 2}}
    assert any("replica" in fault for fault in faults(NEWEST, wrong))


def test_kubectl_builds_the_same() -> None:
    """The machine's own, where it has one that knows components; it is what deploys."""
    kubectl = shutil.which("kubectl")
    command = [kubectl, "kustomize", str(K8S / "overlays" / "prod")] if kubectl else None
    done = subprocess.run(command, capture_output=True, text=True, check=False) if command else None
    if done is not None and "unknown field" not in done.stderr:
        assert done.returncode == 0, done.stderr
        assert tuple(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)) == overlay("prod")


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_object_is_in_the_namespace_of_its_overlay(name: str) -> None:
    assert {each["metadata"].get("namespace") for each in overlay(name)} == {f"pipelines-{name}"}


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_component_is_deployed_and_scaled(name: str) -> None:
    objects = overlay(name)
    assert set(COMPONENTS) <= set(of_kind(objects, "Deployment"))
    scaled = set(COMPONENTS) - {"digit-training"}
    for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget"):
        assert scaled <= set(of_kind(objects, kind)), kind
    for each in of_kind(objects, "HorizontalPodAutoscaler").values():
        assert "replicas" not in of_kind(objects, "Deployment")[each["spec"]["scaleTargetRef"]["name"]]["spec"]
        assert each["spec"]["minReplicas"] <= each["spec"]["maxReplicas"]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_services_are_scaled_on_their_queue_too(name: str) -> None:
    for service, scaler in of_kind(overlay(name), "HorizontalPodAutoscaler").items():
        kinds = [each["type"] for each in scaler["spec"]["metrics"]]
        assert kinds == (["Resource"] if service == "engine" else ["Resource", "Pods"])
    rules = yaml.safe_load((K8S / "components/queue-scaling/prometheus-adapter.yaml").read_text())
    assert "aiservice_queue" in rules["rules"]["custom"][0]["seriesQuery"]


def test_stores_are_in_the_cluster_where_none_are_given() -> None:
    for name in OVERLAYS:
        assert set(of_kind(overlay(name), "StatefulSet")) == (set() if name == "prod" else {"mongodb", "s3"})


@pytest.mark.parametrize("name", OVERLAYS)
def test_what_is_referred_to_is_there(name: str) -> None:
    objects = overlay(name)
    there = {(each["kind"], each["metadata"]["name"]) for each in objects}
    classes = set(of_kind(built(K8S / "cluster"), "PriorityClass"))
    for workload in workloads(objects):
        for volume in workload.pod.get("volumes", []):
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in there
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in there
        account = workload.pod.get("serviceAccountName")
        assert account is None or ("ServiceAccount", account) in there
        assert workload.pod["priorityClassName"] in classes if workload.kind != "Job" else True
        mounted = {mount["name"] for container in workload.containers for mount in container["volumeMounts"]}
        offered = {volume["name"] for volume in workload.pod["volumes"]}
        claimed = {"data"} if workload.kind == "StatefulSet" else set()
        assert mounted == offered | claimed, workload.name


@pytest.mark.parametrize("name", OVERLAYS)
def test_services_lead_to_the_ports_of_their_pods(name: str) -> None:
    objects = overlay(name)
    pods = [each for each in workloads(objects) if each.kind in ("Deployment", "StatefulSet")]
    for service in of_kind(objects, "Service").values():
        selector = service["spec"].get("selector")
        if service["metadata"]["name"] == "closed":
            assert selector is None
            continue
        chosen = [each for each in pods if selector.items() <= each.labels.items()]
        assert [each.name for each in chosen] == [service["metadata"]["name"]]
        names = {port["name"] for container in chosen[0].containers for port in container.get("ports", [])}
        assert {port.get("targetPort", port["name"]) for port in service["spec"]["ports"]} <= names


@pytest.mark.parametrize("name", OVERLAYS)
def test_only_the_engine_is_reached_from_outside(name: str) -> None:
    objects = overlay(name)
    assert {each["spec"].get("type", "ClusterIP") for each in of_kind(objects, "Service").values()} == {"ClusterIP"}
    (ingress,) = of_kind(objects, "Ingress").values()
    paths = {each["path"]: each["backend"]["service"]["name"] for each in ingress["spec"]["rules"][0]["http"]["paths"]}
    assert paths == {"/": "engine", "/processing": "closed", "/metrics": "closed"}
    if name != "local":
        assert ingress["spec"]["tls"][0]["hosts"] == [ingress["spec"]["rules"][0]["host"]]


@pytest.mark.parametrize("service", CANARIES)
def test_a_canary_is_a_second_deployment_that_announces_the_same(service: str) -> None:
    objects = built(K8S / "canaries" / service)
    assert {each["kind"] for each in objects} == {"Deployment", "ServiceAccount", "ConfigMap"}
    (canary,) = of_kind(objects, "Deployment").values()
    stable = of_kind(overlay("local"), "Deployment")[service]
    assert canary["metadata"]["name"] == f"{service}-canary"
    selector = canary["spec"]["selector"]["matchLabels"]
    assert selector.items() <= canary["spec"]["template"]["metadata"]["labels"].items()
    # Neither Deployment takes the other's pods for its own.
    assert not selector.items() <= stable["spec"]["template"]["metadata"]["labels"].items()
    assert (
        not stable["spec"]["selector"]["matchLabels"].items()
        <= canary["spec"]["template"]["metadata"]["labels"].items()
    )
    first, second = (each["spec"]["template"]["spec"]["containers"][0] for each in (stable, canary))
    assert second["image"] == f"{service}-canary"
    assert first["env"] == second["env"] and first["ports"] == second["ports"]


def test_a_canary_and_graphics_cards_in_an_overlay(tmp_path: Path) -> None:
    objects = variant(
        tmp_path,
        "prod",
        "  - {k8s}/canaries/face-analyzer\nnamespace: pipelines-prod\n"
        "components: [{k8s}/components/gpu, {k8s}/components/face-models]\n"
        "images: [{{name: face-analyzer-canary, newName: registry.example.com/face-analyzer, newTag: c0ffee}}]\n",
    )
    assert [fault for each in objects for fault in faults(NEWEST, each)] == []
    deployments = of_kind(objects, "Deployment")
    cards = {
        name
        for name, each in deployments.items()
        if "nvidia.com/gpu" in each["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    }
    assert cards == {"face-analyzer", "face-analyzer-canary", "object-detection"}
    canary = deployments["face-analyzer-canary"]["spec"]["template"]["spec"]
    assert canary["containers"][0]["image"] == "registry.example.com/face-analyzer:c0ffee"
    assert "/models" in [mount["mountPath"] for mount in canary["containers"][0]["volumeMounts"]]
    assert set(SERVICES) < set(deployments)


def test_every_dashboard_and_rule_of_the_project_is_taken_along() -> None:
    listed = yaml.safe_load((ROOT / "deploy/kustomization.yaml").read_text())["configMapGenerator"]
    names = {name for each in listed for name in each["files"]}
    dashboards = {f"grafana/dashboards/{path.name}" for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")}
    assert dashboards and names == dashboards | {"prometheus/alerts.yml"}
