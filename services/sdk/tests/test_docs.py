"""/docs: everything it needs comes from the service; every operation is described as it can be used."""

import re
from typing import Any

import httpx
import pytest

from aiservice.testing import RunningService


def test_the_root_leads_to_the_documentation_which_asks_no_other_host(specimen: RunningService) -> None:
    with httpx.Client(base_url=specimen.url, follow_redirects=True, timeout=60) as client:
        page = client.get("/")
        assert (page.status_code, page.url.path) == (200, "/docs")
        links = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text) + re.findall(r"url: '([^']+)'", page.text)
        assert sorted(links) == [
            "openapi.json",
            "swagger/favicon-32x32.png",
            "swagger/swagger-ui-bundle.js",
            "swagger/swagger-ui.css",
        ]
        assert "http://" not in page.text and "https://" not in page.text
        for link in links:
            found = client.get(link)
            assert found.status_code == 200 and len(found.content) > 500


def test_every_operation_is_described(specimen: RunningService) -> None:
    document = specimen.get("/openapi.json").json
    assert document["info"]["title"] == "specimen"
    echo = document["paths"]["/echo"]["post"]
    assert (echo["summary"], echo["description"]) == ("Say it again.", "As often as you like.")
    body = echo["requestBody"]["content"]["application/json"]
    assert body["example"] == {"text": "text"}
    assert body["schema"]["required"] == ["text"]
    assert body["schema"]["properties"]["count"]["type"] == "integer"


def test_a_form_has_files_and_json_objects(specimen: RunningService) -> None:
    document = specimen.get("/openapi.json").json
    form = document["paths"]["/mirror"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["required"] == ["image", "areas"]
    image = form["schema"]["properties"]["image"]
    assert (image["type"], image["format"]) == ("string", "binary")
    assert form["schema"]["properties"]["areas"] == {"$ref": "#/components/schemas/Areas"}
    assert document["components"]["schemas"]["Areas"]["properties"]["areas"]["type"] == "array"
    assert form["encoding"]["areas"]["contentType"] == "application/json"


def answers(specimen: RunningService, path: str) -> dict[str, Any]:
    found: dict[str, Any] = specimen.get("/openapi.json").json["paths"][path]["post"]["responses"]["200"]["content"]
    return {kind: content["schema"] for kind, content in found.items()}


def test_results_are_shown_as_they_are_announced(specimen: RunningService) -> None:
    others = [{"$ref": f"#/components/schemas/{name}"} for name in ("Acknowledgement", "Failure")]
    shape = answers(specimen, "/shape")
    assert set(shape) == {"application/json"}
    result, *rest = shape["application/json"]["anyOf"]
    assert rest == others
    assert result["properties"]["mask"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert result["required"] == ["format", "width", "height", "name", "mask"]
    mirror = answers(specimen, "/mirror")
    assert set(mirror) == {"application/json", "multipart/form-data", "image/*"}
    assert mirror["application/json"] == {"anyOf": others}
    assert mirror["multipart/form-data"]["properties"] == {"result": {"type": "string", "format": "binary"}}
    assert answers(specimen, "/several")["application/json"] == {"type": "object"}


def test_definitions_of_results_have_names_of_their_own(specimen: RunningService) -> None:
    schemas = specimen.get("/openapi.json").json["components"]["schemas"]
    page = answers(specimen, "/report")["multipart/form-data"]["properties"]
    assert page["steps"]["items"] == {"$ref": "#/components/schemas/report.Step"}
    assert schemas["report.Step"]["properties"]["steps"]["items"] == page["steps"]["items"]
    assert answers(specimen, "/step")["application/json"]["anyOf"][0] == {"$ref": "#/components/schemas/step.Step"}


def test_all_references_lead_somewhere(specimen: RunningService) -> None:
    answer = specimen.get("/openapi.json")
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.body.decode()))
    assert "Problem" in names
    assert names <= set(answer.json["components"]["schemas"])


@pytest.mark.parametrize("name", ["aiservice_calls_total", "aiservice_call_seconds_bucket", "aiservice_queue"])
def test_metrics_are_there_by_operation(specimen: RunningService, name: str) -> None:
    before = specimen.get("/metrics").body.decode()
    specimen.call("/echo", data={"text": "a"}, wait=60)
    specimen.call("/fail", data={"how": "input"}, wait=60)
    after = specimen.get("/metrics").body.decode()
    assert name in before
    for labels in ('operation="echo",outcome="done"', 'operation="fail",outcome="input"'):
        line = re.compile(r"aiservice_calls_total\{" + labels + r"\} ([0-9.]+)")
        old, new = line.search(before), line.search(after)
        assert old and new and float(new[1]) == float(old[1]) + 1
