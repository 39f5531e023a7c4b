"""A small model of NetworkPolicies: who may connect to whom.

As Kubernetes has it (https://kubernetes.io/docs/concepts/services-networking/network-policies/): a pod that no policy
selects for a direction may do everything in it; one that is selected may do what any of these policies allows. A
connection needs both sides.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.k8s.built import Object


@dataclass(frozen=True)
class Peer:
    """One end: a pod of a namespace, or with `address` a place outside of the cluster."""

    name: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    address: str = ""


def _expression(each: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(each["key"])
    return {
        "In": value in each.get("values", ()),
        "NotIn": value not in each.get("values", ()),
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[str(each["operator"])]


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}).items()
    expressions = selector.get("matchExpressions", [])
    return all(labels.get(key) == value for key, value in wanted) and all(_expression(e, labels) for e in expressions)


def _is_peer(rule: Mapping[str, Any], peer: Peer, namespace: str) -> bool:
    if "ipBlock" in rule:
        if not peer.address:
            return False
        address = ipaddress.ip_address(peer.address)
        within = address in ipaddress.ip_network(rule["ipBlock"]["cidr"])
        return within and not any(address in ipaddress.ip_network(each) for each in rule["ipBlock"].get("except", ()))
    if peer.address:
        return False
    if "namespaceSelector" in rule:
        here = _selects(rule["namespaceSelector"], {"kubernetes.io/metadata.name": peer.namespace})
    else:
        here = peer.namespace == namespace
    return here and _selects(rule.get("podSelector", {}), dict(peer.labels))


def _is_port(rule: Mapping[str, Any], port: int) -> bool:
    return bool(rule.get("protocol", "TCP") == "TCP" and rule["port"] <= port <= rule.get("endPort", rule["port"]))


def _one_side(policies: Iterable[Object], of: Peer, direction: str, other: Peer, port: int) -> bool:
    key, end = ("egress", "to") if direction == "Egress" else ("ingress", "from")
    selecting = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == of.namespace
        and direction in policy["spec"]["policyTypes"]
        and _selects(policy["spec"]["podSelector"], dict(of.labels))
    ]
    return not selecting or any(
        (end not in rule or any(_is_peer(each, other, of.namespace) for each in rule[end]))
        and ("ports" not in rule or any(_is_port(each, port) for each in rule["ports"]))
        for policy in selecting
        for rule in policy["spec"].get(key, [])
    )


def may_connect(policies: Iterable[Object], source: Peer, target: Peer, port: int) -> bool:
    """Whether a TCP connection can be made; `policies` are all of them."""
    known = list(policies)
    return _one_side(known, source, "Egress", target, port) and _one_side(known, target, "Ingress", source, port)
