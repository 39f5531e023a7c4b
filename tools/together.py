"""Three of the images at work together: the engine and two services blur the face of the sample picture.

The services share the engine's network, which is loopback alone: nothing leaves, and no keys are needed.
"""

import json
import time

from tools import containers
from tools.containers import Container, Failed
from tools.layout import PIPELINES, SAMPLES

PARTS = ("engine", "image-processing", "face-detection")
SECONDS = 120.0
_SERVICES = {"image-processing": ("8081", "image-blur"), "face-detection": ("8082", "face-detect")}
_ENGINE = "http://127.0.0.1:8080"
_PICTURES = """
import json, pathlib
print(json.dumps([[path.name, path.read_bytes()[:3].hex()] for path in pathlib.Path('/tmp/out').rglob('*.jpg')]))
"""
_MOUNTS = (f"--volume={PIPELINES}:/pipelines:ro", f"--volume={SAMPLES}:/samples:ro")


def blur_a_face() -> str:
    """Run it; return a sentence about it. Raises `Failed`."""
    engine = Container("aim-together-engine", "localhost/engine:dev", "2g", ["/data"])
    started = [engine]
    begin = time.monotonic()
    try:
        engine.start(*_MOUNTS)
        for name, (port, _) in _SERVICES.items():
            service = Container(
                f"aim-together-{name}", f"localhost/{name}:dev", "1g", network=f"container:{engine.name}"
            )
            started.append(service)
            service.start(f"--env=APP_ENGINE={_ENGINE}", f"--env=APP_SERVICE=http://127.0.0.1:{port}")
        for container in started:
            container.wait_healthy(SECONDS)
        for _, route in _SERVICES.values():
            _wait_for(engine, route)
        up = time.monotonic() - begin
        return f"face-blur through three containers: up in {up:.1f} s, {_submit(engine)}"
    finally:
        for container in reversed(started):
            container.remove()


def _aim(engine: Container, *words: str) -> containers.Ended:
    return containers.run(*containers.podman("exec", "--workdir", "/tmp", engine.name, "aim", *words))


def _wait_for(engine: Container, route: str) -> None:
    deadline = time.monotonic() + SECONDS
    while f'"{route}"' not in (told := _aim(engine, "services", "--json").text):
        if time.monotonic() > deadline:
            raise Failed(f"{route} was not announced:\n{told}\n{engine.log()[-2_000:]}")
        time.sleep(0.2)


def _submit(engine: Container) -> str:
    pushed = _aim(engine, "push", "/pipelines/face-blur.json")
    if pushed.code:
        raise Failed(f"the engine does not take face-blur: {pushed.text}")
    begin = time.monotonic()
    ended = _aim(engine, "run", "face-blur", "image=/samples/astronaut.jpg", "--out", "/tmp/out", "--json")
    seconds = time.monotonic() - begin
    if ended.code:
        raise Failed(f"face-blur failed: {ended.text}\n{engine.log()[-2_000:]}")
    found: list[list[str]] = json.loads(engine.python(_PICTURES))
    if not found or any(start != "ffd8ff" for _, start in found):
        raise Failed(f"face-blur gave no picture: {found} {ended.text}")
    return f"a picture blurred in {seconds:.1f} s"
