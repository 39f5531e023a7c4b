"""What the engine says of itself in its OpenAPI document, held against what it answers, by schemathesis."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.processes import Engine
from tests.e2e.scripts import PNG, entry, fresh_route, open_route, raw, result, submit

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "missing_required_header",
    "use_after_free",
    "ensure_resource_availability",
)
"""All but those of keys, which have a table of their own in the tests, and two more. `positive_data_acceptance`: that
a definition has no fault, and that a route is open, cannot be said in JSON Schema. `allow_header_conformance`: an open
route has its submission told under a path of its own, and its other methods under `/services/{route}`."""

ENDLESS = "/events"
"""Never ends, so nothing can be said of its whole."""


def run(
    engine: Engine,
    folder: Path,
    examples: int,
    seed: int,
    known: bool,
    phases: str = "examples,coverage,fuzzing,stateful",
    seconds: int | None = None,
) -> tuple[int, str]:
    """Run schemathesis; its exit code, 0 without a failure, and what it says. `known`: ids are of things that exist."""
    config = folder / "schemathesis.toml"
    config.write_text("request-timeout = 60\n" + (_known(engine) if known else ""))
    script = Path(sys.executable).with_name("schemathesis")
    command = [str(script), "--config-file", str(config), "run", f"{engine.url}/openapi.json"]
    command += ["--exclude-path", ENDLESS, "--checks", ",".join(CHECKS), "--phases", phases, "--warnings", "off"]
    # One worker: two race for what hypothesis remembers of functions, and what they try is not always the same.
    command += ["--max-examples", str(examples), "--seed", str(seed), "--workers", "1", "--continue-on-failure"]
    command += [] if seconds is None else ["--max-time", str(seconds)]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def _known(engine: Engine) -> str:
    """Ids of a task that has ended and of what belongs to it; two routes are open."""
    open_route(engine, entry(fresh_route("object"), {"a": 1, "b": [{"c": "x"}], "n": None}, "end"), END)
    route = open_route(engine, entry(fresh_route("form"), ["image", "areas"], "end"), END)
    areas = ("areas.json", b'{"areas": [[1, 2, 3, 4]]}', "application/json")
    job = submit(engine, route, files={"image": ("a.png", PNG, "image/png"), "areas": areas})
    result(engine, job)
    binary = raw(engine, job)["nodes"]["end"]["out"]["image"]["binary"]
    ids = {"task_id": job, "name": "image", "binary_id": binary, "instance": "end"}
    return "[parameters]\n" + "".join(f'"path.{name}" = "{value}"\n' for name, value in ids.items())


END = {"id": "end", "type": "end"}
