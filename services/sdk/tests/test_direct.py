"""Direct use: a task id, its result, its files, and the end of both."""

import time
from pathlib import Path
from typing import Any

import httpx
from conftest import inputs, picture

from aiservice.testing import RunningService, wait_until


def test_a_call_without_callback_gives_a_task_and_its_result(specimen: RunningService) -> None:
    answer = specimen.call("/echo", data={"text": "hey"})
    task = answer.json["task_id"]
    assert answer.status == 200
    assert answer.json["status"] == "running"
    assert answer.headers["location"] == f"/tasks/{task}"
    result = specimen.get(f"/tasks/{task}", wait=60)
    assert (result.status, result.json["text"]) == (200, "hey")
    assert specimen.get(f"/tasks/{task}").json["text"] == "hey"


def test_a_running_task_says_so(specimen: RunningService, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    task = specimen.call("/held", data={"gate": str(gate)}).json["task_id"]
    waiting = specimen.get(f"/tasks/{task}")
    assert (waiting.status, waiting.json["status"]) == (202, "running")
    assert specimen.get(f"/tasks/{task}/files/result").status == 404
    gate.touch()
    assert specimen.get(f"/tasks/{task}", wait=60).status == 200


def test_binaries_are_absolute_urls_with_ranges(specimen: RunningService) -> None:
    content = bytes(range(256)) * 4
    files = {"file": ("../x/ä b.png", content, "image/png")}
    task = specimen.call("/return", files=files).json["task_id"]
    url = specimen.get(f"/tasks/{task}", wait=60).json["result"]
    assert url == f"{specimen.url}/tasks/{task}/files/result"
    whole = httpx.get(url, timeout=60)
    assert whole.content == content
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"] == "inline; filename*=utf-8''%C3%A4%20b.png"
    part = httpx.get(url, headers={"Range": "bytes=10-19", "If-Range": whole.headers["etag"]}, timeout=60)
    assert (part.status_code, part.content) == (206, content[10:20])


def test_what_a_browser_could_run_is_an_attachment(specimen: RunningService) -> None:
    files = {"file": ("a.html", b"<script>", "text/html")}
    task = specimen.call("/return", files=files).json["task_id"]
    specimen.get(f"/tasks/{task}", wait=60)
    shown = specimen.get(f"/tasks/{task}/files/result")
    assert shown.headers["content-disposition"].startswith("attachment")


def test_a_failed_task_tells_its_failure(specimen: RunningService) -> None:
    task = specimen.call("/fail", data={"how": "input"}).json["task_id"]
    answer = specimen.get(f"/tasks/{task}", wait=60)
    assert (answer.status, answer.json["detail"]) == (422, "how: choose another")


def test_unknown_tasks_files_and_pages_are_problems(specimen: RunningService) -> None:
    for path in ("/tasks/none", "/tasks/none/files/result", "/nothing", "/swagger/__init__.py"):
        answer = specimen.get(path)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    wrong = specimen.get("/echo")
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")


def test_results_and_their_files_are_removed_after_a_time_and_at_the_end(start: Any, tmp_path: Path) -> None:
    files = {"file": ("a.jpg", picture(), "image/jpeg")}
    with start(APP_LIFESPAN="0.6", APP_TMP=str(tmp_path)) as service:
        began = time.monotonic()
        task = service.call("/return", files=files).json["task_id"]
        wait_until(lambda: service.get(f"/tasks/{task}").status == 404, what="the removal")
        assert time.monotonic() - began >= 0.6
        wait_until(lambda: not inputs(tmp_path), what="the removal of the files")
        assert service.call("/return", files=files).status == 200
        assert service.stop(60) == 0
        assert not list(tmp_path.glob("aiservice-*"))


def test_a_fast_answer_leaves_no_task_and_no_file(specimen: RunningService, workspace: Path) -> None:
    before = inputs(workspace)
    files = {"file": ("a.jpg", picture(), "image/jpeg")}
    assert specimen.call("/return", files=files, wait=60).parts["result"].data == picture()
    wait_until(lambda: not inputs(workspace) - before, what="the removal of the files")
