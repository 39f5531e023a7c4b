"""Direct use: a task id, its result, its files, and the end of both."""

from typing import Any

import httpx
from conftest import picture

from aiservice.testing import RunningService, wait_until


def test_a_call_without_callback_gives_a_task_and_its_result(specimen: RunningService) -> None:
    answer = specimen.call("/echo", data={"text": "hey"})
    task = answer.json["task_id"]
    assert answer.status == 200
    assert answer.json["status"] == "running"
    assert answer.headers["location"] == f"/tasks/{task}"
    result = specimen.get(f"/tasks/{task}", wait=10)
    assert (result.status, result.json["text"]) == (200, "hey")
    assert specimen.get(f"/tasks/{task}").json["text"] == "hey"


def test_a_running_task_says_so(start: Any, tmp_path: Any) -> None:
    with start() as service:
        gate = tmp_path / "gate"
        task = service.call("/held", data={"gate": str(gate)}).json["task_id"]
        waiting = service.get(f"/tasks/{task}")
        assert (waiting.status, waiting.json["status"]) == (202, "running")
        assert service.get(f"/tasks/{task}/files/result").status == 404
        gate.touch()
        assert service.get(f"/tasks/{task}", wait=10).status == 200


def test_binaries_are_absolute_urls_with_ranges(specimen: RunningService) -> None:
    content = bytes(range(256)) * 4
    files = {"file": ("../x/ä b.png", content, "image/png")}
    task = specimen.call("/return", files=files).json["task_id"]
    url = specimen.get(f"/tasks/{task}", wait=10).json["result"]
    assert url == f"{specimen.url}/tasks/{task}/files/result"
    whole = httpx.get(url)
    assert whole.content == content
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"] == "inline; filename*=utf-8''%C3%A4%20b.png"
    part = httpx.get(url, headers={"Range": "bytes=10-19", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, content[10:20])


def test_what_a_browser_could_run_is_an_attachment(specimen: RunningService) -> None:
    files = {"file": ("a.html", b"<script>", "text/html")}
    task = specimen.call("/return", files=files).json["task_id"]
    specimen.get(f"/tasks/{task}", wait=10)
    shown = specimen.get(f"/tasks/{task}/files/result")
    assert shown.headers["content-disposition"].startswith("attachment")


def test_a_failed_task_tells_its_failure(specimen: RunningService) -> None:
    task = specimen.call("/fail", data={"how": "input"}).json["task_id"]
    answer = specimen.get(f"/tasks/{task}", wait=10)
    assert (answer.status, answer.json["detail"]) == (422, "how: choose another")


def test_unknown_tasks_files_and_pages_are_problems(specimen: RunningService) -> None:
    for path in ("/tasks/none", "/tasks/none/files/result", "/nothing", "/swagger/__init__.py"):
        answer = specimen.get(path)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    wrong = specimen.get("/echo")
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")


def test_results_and_their_files_are_removed_after_a_time(start: Any, tmp_path: Any) -> None:
    with start(APP_LIFESPAN="0.6", APP_TMP=str(tmp_path)) as service:
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        task = service.call("/return", files=files).json["task_id"]
        assert service.get(f"/tasks/{task}", wait=10).status == 200
        assert list(tmp_path.rglob("in-*"))
        wait_until(lambda: service.get(f"/tasks/{task}").status == 404, what="the removal")
        wait_until(lambda: not list(tmp_path.rglob("in-*")), what="the removal of the files")


def test_a_fast_answer_leaves_no_task_and_no_file(start: Any, tmp_path: Any) -> None:
    with start(APP_TMP=str(tmp_path)) as service:
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        assert service.call("/return", files=files, wait=10).parts["result"].data == picture()
        wait_until(lambda: not list(tmp_path.rglob("in-*")), what="the removal of the files")
