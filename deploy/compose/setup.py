"""Runs once after the engine has started, in its image: makes the keys of the services and of Prometheus, and opens the
routes of the pipelines that ship. May run any number of times; a key that is still good is kept.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ENGINE = os.environ["AIM_ENGINE"]
ADMIN_KEY = Path(os.environ.get("ADMIN_KEY_FILE", "/run/secrets/admin-key"))
KEYS = Path(os.environ.get("KEYS", "/keys"))
PIPELINES = Path(os.environ.get("PIPELINES", "/pipelines"))
WANTED = {"service": "service", "read": "read"}
"""The keys by the folder that each is put into, and the scope of each."""


def ask(verb: str, path: str, key: str, document: Any = None) -> tuple[int, Any]:
    """Ask the engine; return the status, and what it answered."""
    body = None if document is None else json.dumps(document).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(ENGINE + path, body, headers, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def must(verb: str, path: str, key: str, document: Any = None) -> Any:
    """Ask, and end with what the engine says where it refuses."""
    status, answer = ask(verb, path, key, document)
    if status != 200:
        sys.exit(f"{verb} {path}: {status} {answer}")
    return answer


def make_key(folder: Path, scope: str, admin: str) -> None:
    """Put a key with this scope into the file `key` of a folder, unless a good one is there."""
    file = folder / "key"
    if file.is_file() and ask("GET", "/identity", file.read_text())[0] == 200:
        return
    wanted = {"name": f"compose: {folder.name}", "owner": "compose", "scopes": [scope]}
    # Read by the users of other containers; nobody but them has this folder.
    new = folder / "key.new"
    new.write_text(must("POST", "/keys", admin, wanted)["key"])
    new.chmod(0o444)
    new.replace(file)
    print(f"made the key for {folder.name}")


def open_route(definition: dict[str, Any], admin: str) -> None:
    """Open the route of a pipeline, or bring it to this definition."""
    route = next(node["api"]["route"] for node in definition["nodes"] if node["type"] == "entry")
    status, stored = ask("GET", f"/services/{route}", admin)
    if status == 404:
        must("POST", "/services", admin, definition)
    elif stored["nodes"] != definition["nodes"]:
        must("PUT", f"/services/{route}", admin, definition)
    print(f"pipeline {route} is open")


def main() -> None:
    """Do all of it."""
    admin = ADMIN_KEY.read_text().strip()
    for name, scope in WANTED.items():
        make_key(KEYS / name, scope, admin)
    for path in sorted(PIPELINES.glob("*.json")):
        open_route(json.loads(path.read_text(encoding="utf-8")), admin)


if __name__ == "__main__":
    main()
