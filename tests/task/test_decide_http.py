"""Ordinary requests: they are made again like calls, but POST and PATCH only where they were surely not processed."""

import pytest

from engine.task.events import CallFailed, MakeCall, Resumed
from engine.task.kinds.calls import GRACE
from tests.task.scenes import LOST, SECOND, START, Story, end, entry, http

UNSAFE = ["POST", "PATCH"]
SAFE = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]


def asks(**fields: object) -> Story:
    """A task whose one node is a request that has just been made."""
    return Story(entry("ask"), http("ask", "end", **fields), end())


def test_a_request_is_made_once_and_its_answer_is_the_out() -> None:
    story = asks()
    assert story.commands == [MakeCall("ask", story.call("ask"))] and story.run("ask").phase == "calling"
    assert story.task.due == START + int((30 + GRACE) * SECOND)

    story.returns("ask", value=[1])
    assert story.status == "finished" and story.run("end").out == {"value": [1]}


@pytest.mark.parametrize("verb", SAFE + UNSAFE)
def test_what_may_pass_is_tried_again(verb: str) -> None:
    """Whether a failed POST may be made again is judged by who made it: then `again` is true."""
    story = asks(verb=verb)
    for _ in range(4):
        story.fails("ask", "503")
        assert story.run("ask").phase == "pausing"
        story.timer()
    story.fails("ask", "503")

    assert story.task.message == "node ask: 503 (5 attempts)"


@pytest.mark.parametrize("verb", SAFE)
def test_a_request_that_gets_no_answer_is_made_again(verb: str) -> None:
    story = asks(verb=verb, timeout=5)
    first = story.call("ask")

    assert story.timer() == [MakeCall("ask", story.call("ask"))] and story.call("ask") != first
    for _ in range(3):
        story.timer()
    story.timer()
    assert story.task.message == "node ask: http://ask/ did not answer within 5 s (5 attempts)"


@pytest.mark.parametrize("verb", UNSAFE)
def test_a_request_that_may_have_been_processed_is_not_made_again_for_want_of_an_answer(verb: str) -> None:
    story = asks(verb=verb, timeout=5)

    assert story.timer() == []
    assert story.task.message == "node ask: http://ask/ did not answer within 5 s"


@pytest.mark.parametrize("verb", UNSAFE)
def test_a_request_that_may_have_been_processed_is_not_made_again_after_a_crash(verb: str) -> None:
    story = asks(verb=verb)

    assert story.tell(Resumed(LOST)) == []
    assert story.task.message == (
        "node ask: the engine was stopped while the request was under way, and it is not known whether it was processed"
    )


@pytest.mark.parametrize("verb", UNSAFE)
def test_with_retry_it_is_made_again_as_the_author_wants(verb: str) -> None:
    story = asks(verb=verb, retry={"attempts": 2}, timeout=5)

    assert story.tell(Resumed(LOST)) == [MakeCall("ask", story.call("ask"))]
    assert story.timer() == [MakeCall("ask", story.call("ask"))]
    story.timer()
    assert story.task.message == "node ask: http://ask/ did not answer within 5 s (2 attempts)"


@pytest.mark.parametrize("verb", SAFE)
def test_a_safe_request_is_made_again_after_a_crash(verb: str) -> None:
    story = asks(verb=verb)

    assert story.tell(Resumed(LOST)) == [MakeCall("ask", story.call("ask"))]


def test_a_request_made_since_the_start_is_left_alone() -> None:
    assert asks(verb="POST").changes_nothing(Resumed(frozenset()))


def test_a_post_that_pauses_is_made_after_a_crash() -> None:
    story = asks(verb="POST")
    story.fails("ask")

    assert story.changes_nothing(Resumed(LOST))
    assert story.timer() == [MakeCall("ask", story.call("ask"))]


def test_a_refusal_is_the_last_word() -> None:
    story = asks()
    story.tell(CallFailed(story.call("ask"), "GET http://ask/ answered 404", again=False))

    assert story.task.message == "node ask: GET http://ask/ answered 404"


def test_a_task_can_be_retried_although_a_post_of_it_may_have_been_processed() -> None:
    """That is for the client to say."""
    story = asks(verb="POST")
    story.tell(Resumed(LOST))

    assert story.retry() == [MakeCall("ask", story.call("ask"))]
