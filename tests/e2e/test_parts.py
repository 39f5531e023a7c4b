"""What a service is sent."""

import hashlib
import json

from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, Scripted, entry, fresh_route, open_chain, open_route, result, service_node, submit


def test_json_alone_is_sent_as_a_json_body(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    job = submit(engine, open_chain(engine, {"n": 1, "deep": {"list": [1.5]}}, plan), {"n": 7, "deep": {"list": [2]}})
    assert result(engine, job) == {"n": 7, "deep": {"list": [2]}}
    (call,) = plan.calls
    assert call["headers"]["content-type"] == "application/json"
    assert call["json"] == {"n": 7, "deep": {"list": [2]}}


def test_query_parameters_and_preference(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    result(engine, submit(engine, open_chain(engine, {"n": 1}, plan), {"n": 1}))
    (call,) = plan.calls
    assert set(call["query"]) == {"callback_url", "task_id"}
    assert call["query"]["callback_url"] == f"{engine.url}/processing"
    assert len(call["id"]) >= 32
    assert call["headers"]["prefer"].startswith("wait=")


def test_a_url_keeps_its_own_query(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route = open_route(
        engine,
        entry(fresh_route(), {}, "s"),
        service_node("s", f"{plan.url}?mode=a%20b&mode2=%26"),
        {"id": "end", "type": "end"},
    )
    result(engine, submit(engine, route, {}))
    query = plan.calls[0]["query"]
    assert (query["mode"], query["mode2"]) == ("a b", "&") and query["task_id"]


def test_binaries_are_sent_as_parts_and_data_is_always_there(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route = open_chain(engine, ["image", "note"], plan)
    note = ("note.txt", "a word".encode(), "text/plain")
    job = submit(engine, route, files={"image": ("pic.png", PNG, "image/png"), "note": note})
    result(engine, job)
    parts = {part["name"]: part for part in plan.calls[0]["parts"]}
    assert set(parts) == {"image", "note", "data"}
    assert parts["image"]["filename"] == "pic.png" and parts["image"]["type"] == "image/png"
    assert parts["image"]["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (parts["note"]["filename"], parts["note"]["type"], parts["note"]["text"]) == (
        "note.txt",
        "text/plain",
        "a word",
    )
    assert parts["data"]["type"] == "application/json" and parts["data"]["filename"]
    assert json.loads(parts["data"]["text"]) == {}


def test_json_fields_are_merged_into_data(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route = open_chain(engine, ["image", "areas"], plan)
    areas = ("areas.json", b'{"areas": [[1, 2, 3, 4]], "more": null}', "application/json")
    submit_id = submit(engine, route, files={"image": ("x", PNG, "image/png"), "areas": areas})
    result(engine, submit_id)
    parts = {part["name"]: part for part in plan.calls[0]["parts"]}
    assert set(parts) == {"image", "data"}
    assert json.loads(parts["data"]["text"]) == {"areas": [[1, 2, 3, 4]], "more": None}


def test_an_input_directive_names_the_parts(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    node = service_node("s", plan.url, input={"photo": "entry.out.image", "box": "entry.out.areas.0"})
    route = open_route(engine, entry(fresh_route(), ["image", "areas"], "s"), node, {"id": "end", "type": "end"})
    areas = ("a.json", b'{"areas": [[1, 2], [3, 4]]}', "application/json")
    result(engine, submit(engine, route, files={"image": ("x.png", PNG, "image/png"), "areas": areas}))
    parts = {part["name"]: part for part in plan.calls[0]["parts"]}
    assert set(parts) == {"photo", "data"}
    assert json.loads(parts["data"]["text"]) == {"box": [1, 2]}


def test_names_with_quotes_and_line_breaks_do_no_harm(engine: Engine, service: Scripted) -> None:
    plan = service.plan()
    route = open_chain(engine, ["image"], plan)
    boundary = "limit"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="..\\../a%0D%0AX: y%22.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode() + PNG
    answer = engine.client.post(
        f"/services/{route}",
        content=body + f"\r\n--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert answer.status_code == 200, answer.text
    result(engine, answer.json()["jobId"])
    image = next(part for part in plan.calls[0]["parts"] if part["name"] == "image")
    assert image["size"] == len(PNG)
    assert not set(image["filename"]) & set('/\\"\r\n')
