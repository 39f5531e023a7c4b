"""Old images go, and neither the last five nor one that runs; a server answers in the place of GitLab's registry."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tools.retain import main, to_delete


class Registry:
    """The registry of project 7: repositories by number, with their tags and when those were made."""

    def __init__(self) -> None:
        self.names = {1: "engine", 2: "face-detection", 3: "cache/engine"}
        self.tags: dict[int, dict[str, str]] = {number: {} for number in self.names}
        self.prod: str | None = None
        self.tokens: set[str] = set()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            """Answers."""

            def _serve(self) -> None:
                registry.tokens.add(self.headers.get("JOB-TOKEN") or self.headers.get("PRIVATE-TOKEN") or "")
                status, content = registry.answer(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_DELETE = _serve

            def log_message(self, format: str, *args: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.environment = {
            "CI_API_V4_URL": f"http://127.0.0.1:{self._server.server_port}/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_DEFAULT_BRANCH": "main",
            "CI_JOB_TOKEN": "job-token",
        }

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, address: str) -> tuple[int, bytes]:
        """Status and content."""
        split = urlsplit(address)
        path = unquote(split.path).removeprefix("/api/v4/projects/7")
        if path == "/jobs/artifacts/main/raw/release/prod.txt":
            return (404, b"{}") if self.prod is None else (200, self.prod.encode())
        if path == "/registry/repositories":
            whole = [
                {"id": number, "name": name, "location": f"registry.test/p/{name}"}
                for number, name in self.names.items()
            ]
            return 200, self._page(whole, split.query)
        found = re.fullmatch(r"/registry/repositories/(\d+)/tags(?:/(.+))?", path)
        assert found, path
        tags = self.tags[int(found[1])]
        if found[2] is None:
            return 200, self._page([{"name": name} for name in tags], split.query)
        if found[2] not in tags:
            return 404, b"{}"
        if method == "DELETE":
            del tags[found[2]]
            return 200, b"{}"
        return 200, json.dumps({"name": found[2], "created_at": tags[found[2]]}).encode()

    @staticmethod
    def _page(whole: list[dict[str, Any]], query: str) -> bytes:
        asked = {key: int(value[0]) for key, value in parse_qs(query).items()}
        begin = (asked["page"] - 1) * asked["per_page"]
        return json.dumps(whole[begin : begin + asked["per_page"]]).encode()


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    yield server
    server.close()


def made(number: int) -> str:
    """A time; a later one for a larger number."""
    return f"2026-01-{1 + number // 24:02}T{number % 24:02}:00:00.000+00:00"


def test_the_last_five_are_kept(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    # The order of the names is not that of the times.
    registry.tags[1] = {f"{(number * 7) % 12:08x}": made(number) for number in range(12)}
    newest = sorted(registry.tags[1], key=lambda tag: registry.tags[1][tag])[-5:]
    registry.tags[2] = {"only": made(1)}
    registry.tags[3] = {f"layer{number}": made(number) for number in range(9)}
    assert main(["--keep", "5"], registry.environment) == 0
    assert sorted(registry.tags[1]) == sorted(newest)
    assert registry.tags[2] == {"only": made(1)} and len(registry.tags[3]) == 9
    assert "7 deleted" in capsys.readouterr().out
    assert registry.tokens == {"job-token"}


def test_one_that_runs_is_kept_however_old(registry: Registry, tmp_path: Path) -> None:
    registry.tags[1] = {f"tag{number}": made(number) for number in range(9)}
    registry.prod = "engine registry.test/p/engine:tag0\nface-detection registry.test/p/face-detection:tag1\n"
    (tmp_path / "dev.txt").write_text("engine registry.test/p/engine:tag2\n")
    assert main(["--keep", "5", "--in-use", str(tmp_path / "dev.txt")], registry.environment) == 0
    assert set(registry.tags[1]) == {"tag0", "tag2", "tag4", "tag5", "tag6", "tag7", "tag8"}


def test_lists_longer_than_a_page_are_read_to_their_end(registry: Registry) -> None:
    registry.tags[1] = {f"tag{number}": made(number) for number in range(230)}
    assert main(["--keep", "3"], registry.environment | {"REGISTRY_TOKEN": "own"}) == 0
    assert set(registry.tags[1]) == {"tag227", "tag228", "tag229"}
    assert registry.tokens == {"own"}


def test_which_go() -> None:
    times = {"a": made(1), "b": made(2), "c": made(3)}
    assert to_delete(times, 1, set()) == ["a", "b"]
    assert to_delete(times, 1, {"a"}) == ["b"]
    assert to_delete(times, 5, set()) == []


def test_keeping_none_is_refused(registry: Registry) -> None:
    with pytest.raises(SystemExit):
        main(["--keep", "0"], registry.environment)
