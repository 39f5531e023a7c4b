"""The OpenAPI document is true: schemathesis finds nothing that it does not say."""

import re
from pathlib import Path

from tests.conftest import MakeEngine
from tests.e2e.processes import Engine
from tests.e2e.scripts import fresh_route, problem
from tests.walls import conformance


def test_schemathesis_finds_nothing(make_engine: MakeEngine, tmp_path: Path) -> None:
    """A few examples of each operation of an engine with few routes, always the same; `make fuzz` makes more."""
    code, told = conformance.run(make_engine(), tmp_path, 2, 1, True, "coverage,fuzzing")
    assert code == 0, told
    generated = re.search(r"(\d+) generated, (\d+) passed", told)
    assert generated is not None and int(generated[1]) == int(generated[2]) > 400, told


def test_a_method_that_is_not_there_is_told_which_are(engine: Engine) -> None:
    for path, methods in (
        ("/services", "GET, POST"),
        (f"/services/{fresh_route()}", "DELETE, GET, POST, PUT"),
        ("/tasks/0/files/a/b", "GET, HEAD"),
        ("/tasks/0/cancel", "POST"),
    ):
        answer = engine.client.patch(path)
        problem(answer, 405)
        assert answer.headers["allow"] == methods
