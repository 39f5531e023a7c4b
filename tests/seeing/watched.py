"""A system that is watched: an engine, a service written with the SDK, a scripted one, and a real Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from aiservice.testing import free_port
from tests.e2e.processes import ROOT, Engine, Process, wait_for
from tests.e2e.scripts import Plan, Scripted, entry, fresh_route, open_chain, open_route, result, service_node, submit
from tests.servers.prometheus import Prometheus

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
SCRAPE = "200ms"


class Small(Process):
    """The process of `small_service.py`, which announces itself to an engine three times a second."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        port = free_port()
        settings = {"APP_PORT": str(port), "APP_ENGINE": engine.url, "APP_NOTIFY_CRON": "0.3", "APP_LOG_FORMAT": "json"}
        settings["APP_SERVICE"] = f"http://127.0.0.1:{port}"
        super().__init__([str(Path(__file__).with_name("small_service.py"))], folder, port, settings)


class Watched:
    """All of it, started, with some tasks behind it. `failing` is a route whose service answers 500."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(folder / "engine", {"APP_CRON": "1000"})
        self.scripted = Scripted(folder / "scripted")
        self.small = Small(folder / "small", self.engine)
        config = _config(folder, {"engine": self.engine.port, "small": self.small.port})
        self.prometheus = Prometheus(folder, config)

    def start(self) -> None:
        """Start all, run a task of each kind, and wait until Prometheus has seen them."""
        processes = (self.engine, self.scripted, self.small)
        for process in processes:
            process.spawn()
        self.prometheus.start()
        for process in processes:
            wait_for(process.is_ready, f"{process.folder.name} is ready", 30)
        wait_for(lambda: "seen-half" in self.engine.client.get("/services").text, "the service has announced itself")
        self.good = _every_kind(self.engine, self.scripted.plan())
        self.broken = self.scripted.plan({"status": 500, "body": "broken"})
        self.failing = open_chain(self.engine, {}, self.broken, retry={"attempts": 2, "delay": 0.01})
        assert result(self.engine, submit(self.engine, self.good, {"n": 3})) == {"n": 3}
        assert self.half(8)["status"] == "finished" and self.half(0)["status"] == "error"
        submit(self.engine, self.failing, {})
        wait_for(lambda: len(self.prometheus.query("up == 1")) == 2, "Prometheus reaches both")

    def half(self, n: float) -> dict[str, Any]:
        """What comes of a call of the service."""
        headers = {"Prefer": "wait=20"}
        answer: dict[str, Any] = self.engine.client.post("/services/seen-half", json={"n": n}, headers=headers).json()
        return answer

    def fires(self, alert: str, **labels: str) -> dict[str, str]:
        """Wait until the alert fires, with these labels; what it says."""

        def found() -> dict[str, str] | None:
            wanted = {"alertname": alert, **labels}.items()
            return next((each for each in self.prometheus.firing() if wanted <= each.items()), None)

        return wait_for(found, f"{alert} fires for {labels}", 30)

    def is_quiet(self, alert: str, **labels: str) -> None:
        """Wait until it does not fire."""
        wanted = {"alertname": alert, **labels}.items()
        wait_for(lambda: not any(wanted <= each.items() for each in self.prometheus.firing()), f"{alert} is over", 30)

    def close(self) -> None:
        """End all."""
        for process in (self.engine, self.scripted, self.small):
            process.kill()
        self.engine.client.close()
        self.scripted.client.close()
        self.prometheus.close()


def _config(folder: Path, ports: dict[str, int]) -> Path:
    """A configuration with the rules as they are, but that nothing has to last for a while before it is told."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = re.sub(r"for: \w+", "for: 0s", RULES.read_text())
    (folder / "alerts.yml").write_text(rules)
    jobs = [{"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for name, port in ports.items()]
    times = {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": SCRAPE}
    config = folder / "prometheus.yml"  # JSON is YAML
    config.write_text(json.dumps({"global": times, "rule_files": ["alerts.yml"], "scrape_configs": jobs}))
    return config


def _every_kind(engine: Engine, plan: Plan) -> str:
    """A pipeline with code and a call; its route."""
    code = {"id": "c", "type": "node", "after": "c.out.n = c.out.n", "next": ["s"]}
    end = {"id": "end", "type": "end", "input": {"n": "s.out.n"}}
    return open_route(engine, entry(fresh_route("seen"), {"n": 1}, "c"), code, service_node("s", plan.url), end)


def expressions(document: Any) -> Iterator[str]:
    """Every PromQL expression in a dashboard."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "expr":
                yield str(value)
            else:
                yield from expressions(value)
    elif isinstance(document, list):
        for value in document:
            yield from expressions(value)


def filled_in(expression: str) -> str:
    """The expression as Grafana sends it."""
    return re.sub(r"\$(route|service)\b", ".*", expression.replace("$__rate_interval", "1m"))


def told(url: str) -> tuple[set[str], set[str]]:
    """The names of the series that a program shows, and all labels of them."""
    text = httpx.get(f"{url}/metrics").text
    names, labels = set(), set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else {name}
    for shown in re.findall(r"^\w+\{(.*)\} \S+$", text, re.MULTILINE):
        labels |= set(re.findall(r'(\w+)="', shown))
    return names, labels
