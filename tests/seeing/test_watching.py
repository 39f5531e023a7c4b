"""Rules and dashboards in a real Prometheus, which watches a real engine and its services: what is named exists, and an
alert fires when its cause is made.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.processes import wait_for
from tests.e2e.scripts import ended, submit
from tests.faults.away import locked, moved
from tests.seeing.watched import DASHBOARDS, DEPLOY, RULES, Watched, expressions, filled_in, told
from tests.servers.prometheus import promtool
from tools.layout import ROOT

ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text())
OF_OTHERS = ("digit_",)
"""What only services show that run in environments of their own; their tests look at these names."""

NAMED = re.compile(r"\b(?:engine|aiservice|digit|process)_\w+")
LABELS_OF_PROMETHEUS = {"instance", "job", "le", "alertstate"}

METRICS: dict[str, set[str]] = {
    "engine_tasks_submitted_total": {"route"},
    "engine_tasks_ended_total": {"route", "status"},
    "engine_task_seconds_count": {"route"},
    "engine_tasks_running": set(),
    "engine_tasks_oldest_seconds": set(),
    "engine_nodes_total": {"type", "state"},
    "engine_node_seconds_count": {"type"},
    "engine_calls_total": {"service", "outcome"},
    "engine_call_seconds_count": {"service"},
    "engine_retries_total": {"service"},
    "engine_calls_waiting": {"service"},
    "engine_calls_under_way": {"service"},
    "engine_breaker_transitions_total": {"to"},
    "engine_service_alive": {"route"},
    "engine_store_up": {"store"},
    "engine_store_away_seconds": {"store"},
    "engine_store_seconds_count": {"store", "operation"},
    "engine_sandbox_seconds_count": set(),
    "engine_sandbox_runs_total": {"outcome"},
    "engine_loop_lag_seconds_count": set(),
    "engine_events_waiting": set(),
    "engine_members": set(),
    "engine_tasks_refused_total": {"of"},
    "engine_requests_refused_total": {"status"},
    "engine_disk_free_bytes": set(),
    "engine_disk_bytes": set(),
    "process_resident_memory_bytes": set(),
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The system; each test leaves it as it was, but for the last one."""
    system = Watched(tmp_path_factory.mktemp("watched"))
    try:
        system.start()
        yield system
    finally:
        system.close()


def test_what_prometheus_does_in_a_cluster_is_good(tmp_path: Path) -> None:
    """But for how it finds pods: Debian's does not know clusters."""
    document = yaml.safe_load((ROOT / "k8s" / "components" / "monitoring" / "prometheus.yml").read_text())
    for job in document["scrape_configs"]:
        assert job.pop("kubernetes_sd_configs") == [{"role": "pod", "namespaces": {"own_namespace": True}}]
    config = tmp_path / "prometheus.yml"
    config.write_text(yaml.safe_dump(document))
    promtool("check", "config", "--syntax-only", config)


def test_the_rules_are_good() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", RULES)
    promtool("check", "config", "--syntax-only", DEPLOY / "prometheus" / "prometheus.yml")
    promtool("test", "rules", DEPLOY / "prometheus" / "alerts_test.yml")


def test_every_alert_is_explained_and_tried() -> None:
    cases = (DEPLOY / "prometheus" / "alerts_test.yml").read_text()
    guide = (DEPLOY.parent / "docs" / "operations.md").read_text()
    rules = RULES.read_text()
    for alert in ALERTS:
        assert f"name: {alert} fires" in cases and f"name: {alert} does not fire" in cases, alert
        assert f"### Alert {alert}\n" in guide, alert  # its anchor is alert-<name in lower case>
        assert f"runbook_url: docs/operations.md#alert-{alert.lower()}\n" in rules, alert
    for part in ("severity:", "summary:", "description:", "runbook_url:"):
        assert rules.count(part) == len(ALERTS), part


def test_the_metrics_are_there_with_their_labels(watched: Watched) -> None:
    for name, labels in METRICS.items():
        query = f'{name}{{job="engine"}}'
        found = wait_for(lambda: watched.prometheus.query(query) or None, f"{name} is shown")
        for series in found:
            assert set(series["metric"]) - {"__name__", "instance", "job"} == labels, series
    place = f"127.0.0.1:{watched.scripted.port}"
    counted = {
        'engine_calls_total{service="seen-half", outcome="returned"}': 1,
        'engine_calls_total{service="seen-half", outcome="failed"}': 1,
        'engine_call_seconds_count{service="seen-half"}': 1,
        f'engine_call_seconds_count{{service="{place}"}}': 1,
        f'engine_calls_total{{service="{place}", outcome="accepted"}}': 1,
        f'engine_calls_total{{service="{place}", outcome="returned"}}': 1,
        f'engine_retries_total{{service="{place}"}}': 1,
        'engine_service_alive{route="seen-half"}': 1,
        'engine_sandbox_runs_total{outcome="ok"}': 1,
        f'engine_tasks_ended_total{{route="{watched.good}", status="finished"}}': 1,
        'engine_nodes_total{type="end", state="finished"}': 2,
        'engine_nodes_total{type="service", state="error"}': 2,
    }

    def shown() -> dict[str, float]:
        found = {expression: watched.prometheus.query(expression) for expression in counted}
        return {expression: float(series[0]["value"][1]) for expression, series in found.items() if series}

    wait_for(lambda: shown() == counted, f"{counted}; it is {shown()}")
    seconds = float(watched.prometheus.query(f'engine_call_seconds_sum{{service="{place}"}}')[0]["value"][1])
    assert 0 < seconds < 10


def test_every_expression_is_taken_and_names_what_exists(watched: Watched) -> None:
    names, labels = told(watched.engine.url)
    more = told(watched.small.url)
    names, labels = names | more[0], labels | more[1] | LABELS_OF_PROMETHEUS
    found = [(path.name, expression) for path in DASHBOARDS for expression in expressions(json.loads(path.read_text()))]
    assert len(DASHBOARDS) == 4 and len(found) > 60
    rules = promtool("check", "rules", RULES) and RULES.read_text()
    for place, expression in [*found, *(("alerts.yml", text) for text in _of_rules(rules))]:
        asked = filled_in(expression)
        watched.prometheus.query(asked)
        named = set(NAMED.findall(re.sub(r'"[^"]*"', "", asked)))
        assert named or re.search(r"\b(up|ALERTS)\b", asked), f"{place}: {expression}"
        mine = {name for name in named if not name.startswith(OF_OTHERS)}
        assert mine <= names, f"{place}: {mine - names} is shown by nobody"
        if named == mine:
            used = {label for group in re.findall(r"by \(([^)]*)\)", asked) for label in group.split(", ")}
            used |= set(re.findall(r"(\w+)(?:=~|!=|!~|=)\"", asked))
            assert used <= labels, f"{place}: {used - labels} is no label of {mine}"


def _of_rules(rules: str) -> list[str]:
    """The expressions of the rules: on one line, or folded on several."""
    folded = re.sub(r"expr: >-\n", "expr: ", rules)
    folded = re.sub(r"\n {10}(?=[^ \n])(?!\w+:)", " ", folded)
    return [text.strip() for text in re.findall(r"expr: (.*)", folded)]


def test_nothing_fires_while_all_is_well(watched: Watched) -> None:
    wait_for(lambda: not watched.prometheus.firing(), "nothing fires", 30)


def test_tasks_that_fail_and_a_service_that_answers_500(watched: Watched) -> None:
    for job in [submit(watched.engine, watched.failing, {}) for _ in range(15)]:
        assert ended(watched.engine, job)["status"] == "error"
    assert "100%" in watched.fires("TasksFail", route=watched.failing)["summary"]
    assert watched.broken.url in watched.fires("BreakerOpen", url=watched.broken.url)["summary"]


def test_a_service_that_is_killed(watched: Watched) -> None:
    watched.small.kill()
    assert watched.fires("ServiceDown", job="small")["severity"] == "warning"
    fired = watched.fires("ServiceAway", route="seen-half")
    assert fired["severity"] == "critical" and fired["runbook_url"].endswith("#alert-serviceaway")
    watched.small.start()
    watched.is_quiet("ServiceAway")
    watched.is_quiet("ServiceDown")


def test_stores_that_are_taken_away(watched: Watched) -> None:
    """All the time Prometheus gets its answers."""
    with moved(watched.engine.data / "binaries"), locked(watched.engine.data / "engine.sqlite"):
        begun = time.monotonic()
        assert "engine_tasks_running" in watched.engine.client.get("/metrics").text
        assert time.monotonic() - begun < 3, "it waited for the store"
        for store in ("binaries", "database"):
            assert store in watched.fires("StoreAway", store=store)["summary"]
        assert watched.prometheus.query('up{job="engine"} == 1')
    watched.is_quiet("StoreAway")


def test_an_engine_that_is_killed(watched: Watched) -> None:
    watched.engine.kill()
    assert watched.fires("EngineDown", job="engine")["severity"] == "critical"
