"""One task is one tree of spans: from the client through the engine into the services and back."""

import re

import pytest
from opentelemetry import trace as otel
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from engine.client import Client
from tests.e2e.processes import Engine, Process, wait_for
from tests.e2e.scripts import Json, entry, fresh_route, open_route, raw, service_node
from tests.seeing.conftest import SECRET, StartService
from tests.seeing.receiver import Receiver, Told
from tests.seeing.trees import Asker, Tree

END: Json = {"id": "end", "type": "end"}


def chain(engine: Engine, url: str, *nodes: str) -> str:
    """`entry -> these services one after the other -> end`; its route."""
    following = [*nodes[1:], "end"]
    called = [service_node(node, url, after) for node, after in zip(nodes, following, strict=True)]
    return open_route(engine, entry(fresh_route(), {"n": 1, "pause": 0.1}, nodes[0]), *called, END)


def ask(engine: Engine, route: str, asker: Asker, body: Json, status: str = "finished") -> Json:
    """Run a task to its end, within the asker's trace; the answer."""
    headers = {"Prefer": "wait=30", **asker.headers}
    answer = engine.client.post(f"/services/{route}", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200 and answer.json()["status"] == status, answer.text
    told: Json = answer.json()
    return told


def whole(route: str) -> list[str]:
    """What stands in the trace of a task with one call of the traced service, answered fast."""
    return [f"POST /services/{route}", "node entry", "node end", *["POST /add"] * 2, "work traced-add"]


def complete(spans: list[Told], names: list[str]) -> bool:
    """Whether all these are there, each as often as it stands in the list."""
    found = [span.name for span in spans]
    return all(found.count(name) >= names.count(name) for name in names)


def test_a_callback(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """client -> engine -> service -> callback -> engine, as one tree with the right names, services and kinds."""
    door = receiver.door(f"{adder.url}/add")
    route = chain(traced, f"{door}?key=12345", "first", "second")
    asker = Asker()

    told = ask(traced, route, asker, {"n": 76543, "pause": 0.2})
    wanted = [*["POST callback"] * 2, *["POST /processing"] * 2, *["work traced-add"] * 2, f"POST /services/{route}"]
    wanted += ["POST /add"] * 2
    tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, wanted)), asker)

    task = tree.one(f"POST /services/{route}")
    way = ["client: client", f"engine: POST /services/{route}", "engine: node first"]
    path = door.removeprefix(receiver.url)
    way += [f"engine: POST {path}", "traced: POST /add", "traced: POST callback", "engine: POST /processing"]
    assert tree.road(tree.named("POST /processing")[0]) == way
    assert [tree.by_id[span.parent].name for span in tree.named("work traced-add")] == ["POST /add"] * 2
    kinds = {span.name: span.kind for span in tree.spans}
    assert kinds["POST /add"] == kinds["POST /processing"] == task.kind == "SERVER"
    assert kinds[f"POST {path}"] == kinds["POST callback"] == "CLIENT"
    assert kinds["node first"] == kinds["wait in the queue"] == kinds["work traced-add"] == "INTERNAL"
    assert task.attributes["engine.task.id"] == told["jobId"] and task.attributes["engine.task.status"] == "finished"
    assert task.attributes["engine.pipeline.version"] == 1 and task.attributes["http.route"] == f"/services/{route}"
    call = tree.named(f"POST {path}")[0]
    assert call.attributes["url.full"] == door and call.attributes["server.address"] == "127.0.0.1"
    assert tree.named("work traced-add")[0].end - tree.named("work traced-add")[0].start >= 0.2
    assert ("acknowledged", {}) in tree.named("POST /add")[0].moments
    assert {
        name: span.attributes["engine.node.type"]
        for name in ("node entry", "node first", "node end")
        for span in tree.named(name)
    } == {"node entry": "entry", "node first": "service", "node end": "end"}


def test_nothing_secret_is_told(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """No id of a call, nothing of an input, no query of a URL, no key."""
    route = chain(traced, f"{adder.url}/add?key=topsecret", "first")
    asker = Asker()

    told = ask(traced, route, asker, {"n": 987_654_321, "pause": 0.0})
    receiver.of(asker.trace, lambda spans: complete(spans, whole(route)))
    bad = Asker()
    ask(traced, chain(traced, f"{adder.url}/refuse", "first"), bad, {"n": 987_654_321, "pause": 0.0}, "error")
    spans = receiver.of(bad.trace, lambda spans: complete(spans, ["work traced-refuse", "node first"]))

    assert raw(traced, told["jobId"])["nodes"]["first"]["out"]["n"] == 987_654_322
    everything = b"".join(receiver.bodies).decode("latin-1")
    assert "topsecret" not in everything and "98765432" not in everything and SECRET not in everything
    assert not re.search(r"[0-9a-f]{64}", everything), "the id of a call"
    assert receiver.headers[-1]["x-key"] == SECRET
    assert [s.error for s in spans if s.name == "work traced-refuse"] == ["the input was not taken"]


@pytest.mark.parametrize("processes", ["", "1"])
def test_a_fast_answer(traced: Engine, start_service: StartService, receiver: Receiver, processes: str) -> None:
    """No callback; and the function finds itself in the span of its work, in a thread or in a process."""
    with start_service(TRACED_PROCESSES=processes, OTEL_SERVICE_NAME="mine") as service:
        route = chain(traced, f"{service.url}/add", "first")
        asker = Asker()
        told = ask(traced, route, asker, {"n": 1, "pause": 0.0})
        tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, whole(route))), asker)

    work = tree.one("work traced-add")
    served = tree.by_id[work.parent]
    assert (served.service, served.name, served.kind) == ("mine", "POST /add", "SERVER")
    assert tree.by_id[served.parent].service == "engine" and not tree.named("POST callback")
    assert told["result"]["trace"] == asker.trace and told["result"]["span"] == work.id


def test_a_call_that_is_made_again(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """Each attempt is a span, the one that failed with the status that it got."""
    door = receiver.door(f"{adder.url}/add")
    route = chain(traced, door, "first")
    asker = Asker()
    receiver.refusals.append(503)

    ask(traced, route, asker, {"n": 1, "pause": 0.0})
    wanted = [f"POST /services/{route}", "POST /add", "POST /processing", "POST callback", "work traced-add"]
    tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, wanted)), asker)

    first, second = tree.named(f"POST {door.removeprefix(receiver.url)}")
    assert first.error is not None and first.error.endswith("answered 503") and second.error is None
    assert first.attributes["http.response.status_code"] == 503 and second.attributes["http.request.resend_count"] == 1
    assert tree.one("POST /add").parent == second.id and first.parent == second.parent == tree.one("node first").id
    assert tree.one("node first").moments[0][0] == "waiting"


def test_a_loop(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """Every item is a span below the loop's, with its nodes and calls below it."""
    body = {**service_node("add", f"{adder.url}/add", "loopEnd"), "input": {"n": "node._loop"}}
    each = {"id": "each", "type": "loop", "items": "entry.out.values", "nodes": [body], "collect": {"n": "add.out.n"}}
    route = open_route(traced, entry(fresh_route(), {"values": []}, "each"), {**each, "next": ["end"]}, END)
    asker = Asker()

    ask(traced, route, asker, {"values": [1, 2, 3]})
    wanted = [f"POST /services/{route}", *["item of each"] * 3, *["work traced-add"] * 3, *["POST /add"] * 6]
    tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, wanted)), asker)

    items = tree.named("item of each")
    assert sorted(item.attributes["engine.item.index"] for item in items) == [0, 1, 2]
    assert {item.parent for item in items} == {tree.one("node each").id}
    way = ["node each", "item of each", "node add", "POST /add", "POST /add", "work traced-add"]
    assert [step.partition(": ")[2] for step in tree.road(tree.named("work traced-add")[0])][2:] == way
    assert tree.one("node each").attributes["engine.node.items"] == 3


def test_a_large_loop_is_told_in_part(traced: Engine, receiver: Receiver) -> None:
    """No more than so many spans for one task; the task says how many were left out, and the tree is whole."""
    body = {"id": "same", "input": {"n": "node._loop"}, "next": ["loopEnd"]}
    each = {"id": "each", "type": "loop", "items": "entry.out.values", "nodes": [body], "collect": {"n": "same.out.n"}}
    route = open_route(traced, entry(fresh_route(), {"values": []}, "each"), {**each, "next": ["end"]}, END)
    asker = Asker()

    ask(traced, route, asker, {"values": list(range(600))})
    tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, [f"POST /services/{route}"])), asker)

    left_out = tree.one(f"POST /services/{route}").attributes["engine.spans.left_out"]
    assert len(tree.spans) == 1 + 1_000 + 4 and left_out == 3 * 600 - 1_000


def test_a_sub_pipeline(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """The task of the inner pipeline lies below the call of the outer one."""
    inner = chain(traced, f"{adder.url}/add", "inside")
    node = {"id": "sub", "type": "service", "service": inner, "next": ["end"]}
    outer = open_route(traced, entry(fresh_route(), {"n": 1, "pause": 0.0}, "sub"), node, END)
    asker = Asker()

    ask(traced, outer, asker, {"n": 1, "pause": 0.0})
    wanted = [f"POST /services/{outer}", f"pipeline {inner}", "work traced-add", *["POST /add"] * 2]
    tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, wanted)), asker)

    way = [f"POST /services/{outer}", "node sub", "call of a pipeline", f"pipeline {inner}", "node inside", "POST /add"]
    assert [step.partition(": ")[2] for step in tree.road(tree.one("work traced-add"))][1:7] == way


def test_a_task_whose_engine_is_killed(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """It goes on in a new process: still one tree, with each span once."""
    engine = traced
    route = chain(engine, receiver.door(f"{adder.url}/add"), "first", "second")
    asker = Asker()
    answer = engine.client.post(f"/services/{route}", json={"n": 1, "pause": 1.5}, headers=asker.headers)
    job = answer.json()["jobId"]
    wait_for(lambda: raw(engine, job)["nodes"]["first"]["attempts"][0]["accepted"], "the call is accepted")

    engine.kill()
    engine.start()
    told = engine.client.get(f"/tasks/{job}/status").json()
    wanted = [f"POST /services/{route}", *["work traced-add"] * 2, *["POST /processing"] * 2, *["POST /add"] * 2]
    tree = Tree(receiver.of(asker.trace, lambda spans: complete(spans, wanted)), asker)

    assert told["jobId"] == job
    assert tree.one("node first").end - tree.one("node first").start >= 1.4
    assert [span.service for span in tree.named("POST /add")] == ["traced", "traced"]


def test_a_task_that_fails_is_told_in_any_case(traced: Engine, adder: Process, receiver: Receiver) -> None:
    """Its client wanted no trace, so services tell nothing; the engine tells what it knows of the failure."""
    route = chain(traced, f"{adder.url}/refuse", "first")
    good = chain(traced, f"{adder.url}/add", "first")
    asker, quiet = Asker(sampled=False), Asker(sampled=False)

    ask(traced, good, quiet, {"n": 1, "pause": 0.0})
    ask(traced, route, asker, {"n": 1, "pause": 0.0}, "error")
    tree = Tree(receiver.of(asker.trace, lambda spans: len(spans) >= 4), asker)

    assert {span.service for span in tree.spans} == {"client", "engine"}
    assert tree.one("POST /refuse").error == "failed" == tree.one("node first").error
    assert tree.one(f"POST /services/{route}").error == "node first: failed"
    assert not [span for span in receiver.spans if span.trace == quiet.trace]


def test_headers_that_say_nothing(traced: Engine, receiver: Receiver) -> None:
    """The task is as any other without one: in a trace of its own, which fails here and so is told."""
    route = open_route(traced, entry(fresh_route(), {"n": 1}, "end"), {**END, "after": "node.out['n'] = 1 // 0"})
    one, jobs = f"{'1' * 32}-{'1' * 16}-01", []
    for values in ([""], ["00-0-0-01"], [f"00-{'0' * 32}-{'1' * 16}-01"], [f"ff-{one}"], [f"00-{one}", f"00-{one}"]):
        sent = [("traceparent", value) for value in values]
        answer = traced.client.post(f"/services/{route}", json={"n": 1}, headers=sent)
        jobs.append(answer.json()["jobId"])

    for job in jobs:
        spans = receiver.of(job[-32:], lambda spans: complete(spans, [f"POST /services/{route}"]))
        assert [span.parent for span in spans if span.name == f"POST /services/{route}"] == [""]


def test_the_python_client_says_its_span(traced: Engine, adder: Process, receiver: Receiver) -> None:
    route = chain(traced, f"{adder.url}/add", "first")
    asker = Asker()
    here = SpanContext(int(asker.trace, 16), int(asker.id, 16), is_remote=False, trace_flags=TraceFlags(1))

    with Client(traced.url) as client, otel.use_span(NonRecordingSpan(here)):
        client.run(route, {"n": 1, "pause": 0.0}, wait=30)

    Tree(receiver.of(asker.trace, lambda spans: complete(spans, whole(route))), asker)
