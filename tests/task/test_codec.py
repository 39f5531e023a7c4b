"""A task as bytes and back: nothing is lost, and nothing that came from outside is taken for a binary."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.task.codec import SCHEMA, UnknownSchema, decode, decode_value, encode, encode_value
from engine.task.events import CallAccepted, ServiceAway
from engine.task.task import Attempt, BinaryRef, Change, Extra, NodeRun, Origin, Task
from engine.task.weight import MAX_DEPTH
from tests.task.scenes import SEAL, Story, binary, end, entry, service


def with_out(out: dict[str, Any]) -> Task:
    """A finished task whose entry and end have this out."""
    return Story(entry("end"), end(), out=out).task


def kept(out: dict[str, Any]) -> bool:
    """Whether a task with this out comes back as it was."""
    task = with_out(out)
    again = decode(encode(task))
    return again == task and encode(again) == encode(task)


def test_all_fields_come_back() -> None:
    run = NodeRun("running", 3, 1, 2, {"x": binary()}, "error", "away", 4, "waiting", 5, (Attempt("c", 3, 6),), 7)
    full = Attempt("d", 3, 7, "http://here", 8, 9, "broken")
    history = (Change(1, None, "running"), Change(2, "n", "error", "detail"))
    story = with_out({})
    task = replace(
        story,
        revision=4,
        status="error",
        ended=11,
        message="node n: error",
        nodes={"n": replace(run, attempts=(*run.attempts, full)), "m": NodeRun()},
        history=history,
    )

    again = decode(encode(task))

    assert again == task
    assert isinstance(again.history, tuple) and isinstance(again.nodes["n"].attempts, tuple)
    assert again.nodes["n"].attempts[1] == full and again.nodes["n"].out == {"x": binary()}


@pytest.mark.parametrize("leaf", [1, binary()])
def test_all_fields_of_nodes_with_code_and_of_children_come_back(leaf: Any) -> None:
    extra = Extra({"i": [leaf]}, {"p": {"q": leaf}}, "exec", "else", 3, [leaf, {"x": leaf}], {"c": leaf})
    origin = Origin("r" * 32, "p" * 32, "each", 2, 3, 4, "15", "1", "c" * 64, "h" * 32)
    run = NodeRun("running", 2, out={}, phase="items", attempts=(Attempt("c", 2, 6, task="t"),), extra=extra)
    task = replace(with_out({}), nodes={"each": run}, fields={"f": [leaf]}, origin=origin, item=[leaf])

    again = decode(encode(task))

    assert again == task and again.nodes["each"].more.items == [leaf, {"x": leaf}]
    assert again.origin == origin and again.root == "r" * 32 and again.scope == ""


@pytest.mark.parametrize("value", [{"x": binary(), "y": [binary(number=2)]}, {}, {"a": {"5ea2" * 8: 1}}])
def test_a_value_for_the_parent_comes_back(value: Any) -> None:
    assert decode_value(encode_value(value, SEAL), SEAL) == value


def test_every_moment_of_a_task_comes_back() -> None:
    story = Story(entry("a", "b"), service("a", "end"), service("b", "end"), end(), out={"image": binary()})
    steps: list[Callable[[], object]] = [
        lambda: story.tell(CallAccepted(story.call("a"), "http://a/work", story.now)),
        lambda: story.fails("a"),
        lambda: story.tell(ServiceAway(story.call("b"), "b")),
        lambda: story.timer(),
        lambda: story.fails("a", again=False),
        lambda: story.retry(),
        lambda: story.returns("a", result=binary(number=2)),
        lambda: story.returns("b", areas=[]),
    ]
    for step in steps:
        step()
        assert decode(encode(story.task)) == story.task
    assert story.task.status == "finished"


def test_binaries_come_back_as_binaries_wherever_they_are() -> None:
    out = {"a": binary(), "b": [binary(number=2), {"c": [binary(number=3)]}], "": {"": binary("", 4)}}

    again = decode(encode(with_out(out)))

    assert again.nodes["end"].out == out
    assert isinstance(again.nodes["entry"].out["b"][1]["c"][0], BinaryRef)  # type: ignore[index]


FIELDS = ["0" * 32, "passwd", "text/plain", 1]


@pytest.mark.parametrize(
    "forged",
    [
        {"$binary": FIELDS},
        {"$ref": "0" * 32},
        {"5ea2" * 8: FIELDS},
        {SEAL.upper(): FIELDS},
        {SEAL[:-1]: FIELDS},
        {SEAL + "0": FIELDS},
        {"": FIELDS},
        {"seal": SEAL[::-1]},
        {"__class__": "BinaryRef"},
        {"id": "0" * 32, "name": "passwd", "type": "text/plain", "size": 1},
        FIELDS,
    ],
)
@pytest.mark.parametrize("beside", [None, binary()])
def test_what_was_sent_is_never_taken_for_a_binary(forged: Any, beside: BinaryRef | None) -> None:
    out = {"x": forged, "y": [forged], "z": {"deep": forged}, "beside": beside}

    again = decode(encode(with_out(out)))

    assert again.nodes["end"].out == out
    assert not isinstance(again.nodes["end"].out["x"], BinaryRef)


def test_a_text_that_holds_the_seal_is_no_binary_either() -> None:
    """The seal never leaves the engine; should it ever, only an object of that key could be mistaken."""
    assert kept({"x": SEAL, "y": [SEAL], "z": f"{{{SEAL}: 1}}"})


def test_the_seal_is_the_mark_of_a_binary() -> None:
    document = orjson.loads(encode(with_out({"x": binary()})))

    assert document["schema"] == SCHEMA - 1
    assert document["task"]["nodes"]["entry"]["out"] == {"x": {SEAL: list(binary().fields())}}


# What JSON can hold

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
refs = st.builds(
    BinaryRef,
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.text("ä.\x00\n\"'a"),
    st.just("a/b"),
    st.integers(0, 2**50),
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["$binary", "out", SEAL[:-1], "5ea2" * 8]
)
values = st.recursive(
    scalars | refs, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)


@settings(deadline=None)
@given(st.dictionaries(keys, values, max_size=5))
def test_any_json_with_binaries_anywhere_comes_back(out: dict[str, Any]) -> None:
    assert kept(out)


@pytest.mark.parametrize("leaf", [1, binary()])
@pytest.mark.parametrize("kind", ["list", "object"])
def test_the_deepest_value_that_a_task_may_hold_comes_back(leaf: Any, kind: str) -> None:
    value = leaf
    for _ in range(MAX_DEPTH - 1):
        value = [value] if kind == "list" else {"x": value}

    task = with_out({"x": value})

    assert task.status == "finished"
    assert decode(encode(task)) == task


def test_large_and_small_numbers_keep_their_value_and_their_kind() -> None:
    numbers = [0, -0.0, 1.0, 1, 2**63 - 1, -(2**63), 1e308, 5e-324, 0.1, True]
    out = decode(encode(with_out({"n": numbers}))).nodes["end"].out

    assert out is not None
    assert [(type(n), repr(n)) for n in out["n"]] == [(type(n), repr(n)) for n in numbers]


def test_what_is_no_value_of_a_task_is_refused_by_name() -> None:
    with pytest.raises(TypeError) as raised:
        encode(with_out({"x": object()}))
    assert "a object is no value of a task" in str(raised.value.__cause__ or raised.value)


# The shape of the document


def test_a_document_of_a_newer_engine_is_refused() -> None:
    document = orjson.loads(encode(with_out({})))
    document["schema"] = SCHEMA + 1

    with pytest.raises(UnknownSchema, match=f"schema {SCHEMA + 1}, this engine reads up to {SCHEMA}"):
        decode(orjson.dumps(document))


def test_a_document_of_schema_1_is_read() -> None:
    """It knew neither code nor loops nor children."""
    attempt = {"id": "c", "turn": 1, "at": 2, "url": None, "accepted": 3, "ended": None, "error": None}
    run = {
        **{"state": "running", "turn": 1, "started": 2, "ended": None, "out": None, "error": None, "phase": "calling"},
        **{"due": 9, "waiting": None, "tried": 1, "attempts": [attempt], "patience": None},
    }
    done = {**run, "state": "finished", "out": {"x": {SEAL: list(binary().fields())}}, "attempts": []}
    fields = {"id": "t", "seal": SEAL, "route": "r", "definition": "d", "created": 1, "revision": 5, "ended": None}
    fields |= {"status": "running", "message": None, "nodes": {"a": done, "b": run}, "weight": 7}
    fields |= {"history": [{"at": 1, "node": None, "state": "running", "detail": None}]}

    task = decode(orjson.dumps({"schema": 1, "task": fields}))

    assert task.nodes["a"].out == {"x": binary()} and task.nodes["b"].attempts == (Attempt("c", 1, 2, accepted=3),)
    assert (task.fields, task.origin, task.item, task.nodes["b"].more) == (None, None, None, Extra())
    assert (task.root, task.head, task.scope) == ("t", "t", "") and decode(encode(task)) == task


def test_a_trace_stands_only_where_a_client_has_sent_one() -> None:
    """So engines of the version before read all others."""
    task = with_out({"x": None})
    traced = replace(task, trace=f"00-{'a' * 32}-{'b' * 16}-01")

    plain, document = orjson.loads(encode(task)), orjson.loads(encode(traced))

    assert plain["schema"] == 3 and "trace" not in plain["task"] and decode(encode(task)).trace is None
    assert document["schema"] == SCHEMA and decode(encode(traced)) == traced


def test_the_document_is_small() -> None:
    story = Story(entry("a"), service("a", "b"), service("b", "end"), end(), out={"a": 1})
    story.returns("a")
    story.returns("b")

    assert len(encode(story.task)) < 3_000
