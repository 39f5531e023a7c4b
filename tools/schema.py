"""The types of what the web page asks and is answered, generated from the engine's own OpenAPI document.

`python -m tools.schema` writes `webapp/src/api/schema.d.ts`; a test holds that it is what the engine says now.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from engine.api.openapi import own_document
from engine.app import make_routes
from tools import web
from tools.layout import ROOT

TYPES = web.WEBAPP / "src" / "api" / "schema.d.ts"
OPTIONS = ("--empty-objects-unknown",)  # an object of which nothing is said may hold anything


def document() -> bytes:
    """Return the OpenAPI document of an engine on which nothing is open, as JSON."""
    return orjson.dumps(own_document(make_routes()))


def types() -> str:
    """Return the types. Raises `CalledProcessError`, and `web.NoNode` where there is nothing to generate them with."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        source.write_bytes(document())
        command = web.program("openapi-typescript", str(source), "--output", str(target), *OPTIONS)
        done = subprocess.run(
            command, cwd=web.WEBAPP, env=web.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return target.read_text()


def main() -> int:
    """Write the types where they are others than before."""
    try:
        text = types()
    except (subprocess.CalledProcessError, web.NoNode) as error:
        print(error, file=sys.stderr)
        return 1
    if not TYPES.is_file() or TYPES.read_text() != text:
        TYPES.write_text(text)
        print(f"written: {TYPES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
