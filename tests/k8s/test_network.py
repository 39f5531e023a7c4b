"""Who may connect to whom in each overlay: what is named here, and nothing else."""

import pytest

from tests.k8s.built import OVERLAYS, SERVICES, Workload, of_kind, overlay, workloads
from tests.k8s.network import Peer, may_connect

PORTS = (53, 80, 443, 4317, 6443, 8080, 8081, 8082, 8083, 8084, 8085, 8086, 8333, 9090, 27017)
DNS = Peer("dns", "kube-system", (("k8s-app", "kube-dns"),))
PLACES = {
    "public": "93.184.216.34",
    "public-6": "2606:2800:220:1::1",
    "metadata": "169.254.169.254",
    "node": "10.1.2.3",
    "home": "192.168.1.1",
    "shared": "100.64.0.1",
    "tunnel-6": "2002:7f00:1::1",
    "inner-6": "fd00::1",
    "given-mongodb": "192.0.2.5",
    "given-s3": "192.0.2.40",
}
NAME = "app.kubernetes.io/name"


def peers(name: str) -> list[Peer]:
    """All pods of an overlay, strangers within and without, and places that are not in the cluster."""
    here = f"pipelines-{name}"
    own = {each.name: Peer(each.name, here, tuple(each.labels.items())) for each in workloads(overlay(name))}
    strangers = [
        Peer("stranger", here, ((NAME, "other"),)),
        Peer("nobody", here),
        Peer("neighbour", "default", ((NAME, "engine"), ("tier", "service"))),
        Peer("ingress", "traefik", ((NAME, "traefik"),)),
        Peer("other-ingress", "traefik", ((NAME, "other"),)),
        Peer("outer-prometheus", "monitoring", ((NAME, "prometheus"),)),
        Peer("grafana", "monitoring", ((NAME, "grafana"),)),
        Peer("collector", "monitoring", ((NAME, "otel-collector"),)),
        DNS,
    ]
    return [*own.values(), *strangers, *(Peer(place, address=address) for place, address in PLACES.items())]


def of_overlay(name: str) -> set[str]:
    """The names of what makes pods there."""
    return {each.name for each in workloads(overlay(name))}


def expected(name: str) -> set[tuple[str, str, int]]:
    """Every connection that is meant."""
    here = of_overlay(name)
    edges = {("engine", service, port) for service, port in SERVICES.items()}
    edges |= {(who, "engine", 8080) for who in (*SERVICES, "retrain-digits", "ingress")}
    scraped = {"engine": 8080, **SERVICES}
    scrapers = {"outer-prometheus", "prometheus"} & (here | {"outer-prometheus"})
    edges |= {(who, target, port) for who in scrapers for target, port in scraped.items()}
    edges |= {(who, "dns", 53) for who in (*here, "stranger", "nobody")}
    edges |= {(who, "collector", 4317) for who in scraped}
    edges |= {("engine", place, port) for place in ("public", "public-6") for port in (80, 443)}
    if name == "prod":
        edges |= {("engine", "given-mongodb", 27017)}
        edges |= {(who, "given-s3", 443) for who in ("engine", "digit-recognition", "digit-training")}
    else:
        edges |= {(who, "mongodb", 27017) for who in ("engine", "mongodb-initiate", "mongodb")}
        edges |= {(who, "s3", 8333) for who in ("engine", "digit-recognition", "digit-training")}
    if "prometheus" in here:
        edges |= {(who, "prometheus", 9090) for who in ("grafana", "outer-prometheus")}
    return edges


def listening(name: str) -> dict[str, set[int]]:
    """The ports of each pod of an overlay."""
    return {
        each.name: {port["containerPort"] for container in each.containers for port in container.get("ports", [])}
        for each in workloads(overlay(name))
    }


@pytest.mark.parametrize("name", OVERLAYS)
def test_exactly_these_connections_can_be_made(name: str) -> None:
    policies = list(of_kind(overlay(name), "NetworkPolicy").values())
    ports = listening(name)
    within = {*ports, "stranger", "nobody"}
    found = {
        (source.name, target.name, port)
        for source in peers(name)
        for target in peers(name)
        for port in ports.get(target.name, PORTS)
        if not source.address
        and (source.name in within or target.name in within)
        and (source.name != target.name or source.name == "mongodb")
        and may_connect(policies, source, target, port)
    }
    # Prometheus asks the API server, whose address no policy can name: whoever is out there, by these two ports.
    asked = {edge for edge in found if edge[0] == "prometheus" and edge[2] in (443, 6443) and edge[1] not in within}
    assert found - asked == expected(name)


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_workload_is_chosen_by_a_policy_of_its_own(name: str) -> None:
    """Beside the one that denies everything to all: a name that is spelled wrongly would choose nothing."""
    policies = of_kind(overlay(name), "NetworkPolicy")
    for workload in workloads(overlay(name)):
        selectors = [each["spec"]["podSelector"].get("matchLabels", {}) for each in policies.values()]
        named = workload.labels[NAME]
        assert {NAME: named} in selectors or workload.name == "mongodb-initiate", workload.name


def test_without_the_policies_everything_is_open() -> None:
    """The model can tell the difference."""
    some = {each.name: each for each in peers("local")}
    assert may_connect([], some["stranger"], some["mongodb"], 27017)
    policies = list(of_kind(overlay("local"), "NetworkPolicy").values())
    assert not may_connect(policies, some["stranger"], some["mongodb"], 27017)
    only_denied = [each for each in policies if each["metadata"]["name"] == "default-deny"]
    assert not may_connect(only_denied, some["engine"], some["mongodb"], 27017)


def test_a_canary_is_under_the_same_policies() -> None:
    stable = next(each for each in workloads(overlay("local")) if each.name == "digit-recognition")
    canary = Workload(
        stable.kind, "canary", {**stable.template, "metadata": {"labels": {**stable.labels, "track": "canary"}}}
    )
    policies = list(of_kind(overlay("local"), "NetworkPolicy").values())
    one = Peer("canary", "pipelines-local", tuple(canary.labels.items()))
    others = {each.name: each for each in peers("local")}
    assert may_connect(policies, others["engine"], one, 8084) and may_connect(policies, one, others["engine"], 8080)
    assert not may_connect(policies, one, others["mongodb"], 27017)
