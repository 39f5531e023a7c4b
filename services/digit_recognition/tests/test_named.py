"""The figures that alert rules and dashboards name are shown, with the labels that they use."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conftest import live

DEPLOY = Path(__file__).parents[3] / "deploy"


def expressions(document: Any) -> Iterator[str]:
    """Every expression in a dashboard."""
    if isinstance(document, dict):
        yield from (str(value) for key, value in document.items() if key == "expr")
        document = list(document.values())
    if isinstance(document, list):
        for value in document:
            yield from expressions(value)


def test_what_is_named_is_shown(tmp_path: Path) -> None:
    found = [
        text for path in DEPLOY.glob("grafana/dashboards/*.json") for text in expressions(json.loads(path.read_text()))
    ]
    found += re.findall(r"expr: (.*)", (DEPLOY / "prometheus" / "alerts.yml").read_text())
    found = [text for text in found if "digit_" in text]
    assert len(found) > 10
    with live(tmp_path) as started:
        text = started.client.get("/metrics").text
    shown = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    labels = set(re.findall(r'(\w+)="', text)) | {"job", "instance"}
    labels.add("feature")  # of the index, which is shown after a hundred pictures
    for expression in found:
        bare = re.sub(r'"[^"]*"', "", expression)
        assert set(re.findall(r"\bdigit_\w+", bare)) <= shown, expression
        used = {label for group in re.findall(r"by \(([^)]*)\)", bare) for label in group.split(", ")}
        used |= set(re.findall(r"(\w+)=", bare))
        assert used <= labels, expression
