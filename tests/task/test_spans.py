"""The spans of a task follow from its document alone, and so do the headers of its calls."""

import secrets
from dataclasses import replace

import pytest

from aiservice.protocol.otlp import CLIENT, INTERNAL, SERVER, Span
from aiservice.protocol.trace_context import parse_traceparent
from engine.task.codec import decode, encode
from engine.task.events import CallAccepted, Cancelled
from engine.task.spans import failed, spans_of, told_of
from engine.task.trace import call_header, is_sampled, trace_id_of
from tests.task.scenes import Story, branch, end, entry, http, plain, service

URL = "http://blur:8081/blur"


def told(story: Story) -> list[Span]:
    """The spans of the task as it is read from its document."""
    return spans_of(decode(encode(story.task)), story.pipeline, 1_000)[0]


def names(spans: list[Span]) -> list[str]:
    """Their names, in order."""
    return [span.name for span in spans]


def test_the_spans_of_a_task_with_a_call() -> None:
    story = Story(entry("a"), service("a", "end", url=f"{URL}?key=secret"), end(), out={"x": 1})
    call = story.call("a")
    story.tell(CallAccepted(call, f"{URL}?key=secret", story.now))
    story.now += 1_000_000
    story.returns("a", y=2)

    task, first, node, attempt, last = told(story)

    assert names([task, first, node, attempt, last]) == [
        *(f"POST /services/{story.task.route}", "node entry", "node a", "POST /blur", "node end")
    ]
    assert [span.kind for span in (task, node, attempt)] == [SERVER, INTERNAL, CLIENT]
    assert (first.parent, node.parent, attempt.parent, task.parent) == (task.id, task.id, node.id, "")
    assert attempt.end - attempt.start == 10**9 and task.end == last.end == story.task.ended * 1_000  # type: ignore
    assert attempt.attributes["url.full"] == URL and [moment.name for moment in attempt.moments] == ["accepted"]
    header = parse_traceparent(call_header(story.task, call, 1.0))
    assert header is not None and (header.trace, header.span) == (task.trace, attempt.id)
    assert call[-32:] not in str(told(story)) and "secret" not in str(told(story))


def test_ways_back_are_turns_of_their_own() -> None:
    nodes = (plain("work", "again"), branch("again", {"next": ["work"]}, {"next": ["end"]}, **{"if": "True"}))
    story = Story(entry("work"), *nodes, end(), out={})
    story.takes("again", True, True, False)

    turns = [span for span in told(story) if span.name == "node work"]

    assert [span.attributes["engine.node.turn"] for span in turns] == [1, 2, 3]
    assert [span.attributes["engine.node.state"] for span in turns] == ["finished"] * 3
    assert len({span.id for span in turns}) == 3 and [a.end <= b.start for a, b in zip(turns, turns[1:])] == [True] * 2


def test_attempts_their_waits_and_errors() -> None:
    story = Story(entry("a"), service("a", "end", url=URL), end(), out={})
    story.fails("a", f"POST {URL}?key=secret answered 503: your input was 12345", url=f"{URL}?key=secret")
    story.timer()
    story.fails("a", f"POST {URL} failed: no connection could be made", again=False)

    task, _, node, first, second = told(story)

    assert first.error == f"POST {URL} answered 503" and first.attributes["http.response.status_code"] == 503
    assert (first.attributes["error.type"], second.attributes["error.type"]) == ("503", "failed")
    assert (
        second.attributes["http.request.resend_count"] == 1
        and second.error == f"POST {URL} failed: no connection could be made"
    )
    assert node.error == second.error and node.moments[0].name == "waiting"
    assert str(node.moments[0].attributes["engine.waiting"]).startswith(f"attempt 1: POST {URL} answered 503; the next")
    assert task.error == f"node a: {second.error}" and "12345" not in str(told(story))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("face-blur is full: 4711", "failed"),
        ("`after`, line 2: ValueError: '4711' is no number", "failed"),
        ("node a7: `after`, line 2: ValueError: 4711", "node a7: failed"),
        ("attempt 1 failed: not 4711; the next follows in 0.5 s", "attempt 1: failed; the next follows in 0.5 s"),
        ("http://h:1/x?k=1 did not call back within 0.5 s", "http://h:1/x did not call back within 0.5 s"),
        ("service face-blur is away, and did not return within 5 s", "service face-blur is away"),
        ("cancelled", "cancelled"),
    ],
)
def test_only_what_the_engine_says_by_itself_is_told_of_errors(message: str, told: str) -> None:
    assert told_of(message) == told


def test_a_retry_is_a_round_of_its_own() -> None:
    story = Story(entry("a"), service("a", "b"), service("b", "end"), end(), out={})
    story.returns("a")
    story.fails("b", again=False)
    before = told(story)
    story.retry()
    story.returns("b")
    after = told(story)

    assert names(after[1:]) == ["node b", "POST /work", "node end"] and before[0].error and after[0].error is None
    assert not {span.id for span in before} & {span.id for span in after} and after[0].start >= before[0].end


def test_a_request_to_any_host_is_named_by_it() -> None:
    story = Story(entry("a"), http("a", "end", url="https://example.org/path/4711?token=1", verb="PUT"), end(), out={})
    story.returns("a")

    (attempt,) = (span for span in told(story) if span.kind == CLIENT)

    assert attempt.name == "PUT example.org" and attempt.attributes["server.port"] == 443
    assert attempt.attributes["url.full"] == "https://example.org/path/4711"


def test_more_than_so_many_are_left_out_from_the_end() -> None:
    story = Story(entry("a"), service("a", "end"), end(), out={})
    story.returns("a")

    spans, left_out = spans_of(story.task, story.pipeline, 3)

    assert names(spans)[1:] == ["node entry", "node a"] and left_out == 2


def test_without_a_client_s_trace_the_id_of_the_task_says_all() -> None:
    tasks = [
        replace(Story(entry("end"), end(), out={}).task, id=f"6560{n:04x}{secrets.token_hex(16)}") for n in range(999)
    ]

    assert all(trace_id_of(task) == task.id[-32:] for task in tasks)
    assert 30 < sum(is_sampled(task, 0.1) for task in tasks) < 200
    assert all(is_sampled(task, 1.0) and not is_sampled(task, 0.0) for task in tasks)


def test_a_client_s_trace_decides() -> None:
    task = Story(entry("end"), end(), out={}).task
    wanted = replace(task, trace=f"00-{'a' * 32}-{'b' * 16}-01")
    unwanted = replace(task, trace=f"00-{'a' * 32}-{'b' * 16}-00")

    assert is_sampled(wanted, 0.0) and not is_sampled(unwanted, 1.0)
    assert trace_id_of(wanted) == "a" * 32 and spans_of(wanted, None, 10)[0][0].parent == "b" * 16
    assert (
        call_header(unwanted, "c", 1.0).startswith(f"00-{'a' * 32}-") and call_header(unwanted, "c", 1.0)[-2:] == "00"
    )


def test_a_trace_that_is_not_looked_at_is_told_to_services_all_the_same() -> None:
    """Else they would begin one of their own. An id of 64 bits leaves half of it empty, at either end."""
    task = Story(entry("end"), end(), out={}).task
    for trace in (task.id[-32:], "a" * 16 + "0" * 16, "0" * 16 + "a" * 16):
        for flags in ("00", "01"):
            header = parse_traceparent(call_header(replace(task, trace=f"00-{trace}-{'b' * 16}-{flags}"), "c", 1.0))
            assert header is not None and header.trace == trace and header.sampled == (flags == "01")


def test_a_task_that_was_stopped_has_not_failed() -> None:
    story = Story(entry("a"), service("a", "end"), end(), out={})
    story.tell(Cancelled())

    assert story.status == "error" and not failed(story.task)
    assert [span.attributes.get("engine.call.given_up") for span in told(story) if span.kind == CLIENT] == [True]
