"""`make images`: builds the components' images as their Dockerfiles say, runs each, and looks at what it does.

`python -m tools.images [--pull] [COMPONENT...]`, by default all. No Docker engine is needed: buildah builds, podman
runs. The base image is taken from its registry with `--pull`; without, a stand-in is made of Debian's own packages,
which needs no registry. What is looked at: size; the health check passes; the user is 10001; the root cannot be
written to, `/tmp` and `/data` can; there is no pip; `/health/live` answers; a service does what it is for; SIGTERM ends
it in peace.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import containers, together
from tools.containers import CannotRun, Container, Failed
from tools.layout import ROOT, SAMPLES
from tools.sync import banner

MB = 1_000_000
HEALTHY_SECONDS = 120.0
STOP_SECONDS = 30


@dataclass(frozen=True)
class Component:
    """Something that is put into an image. `megabytes`: what the image may have at most, None for any number.
    `works`: the path of an operation that takes a picture; `picture`: that picture's bytes, in Python.
    """

    name: str
    folder: Path
    memory: str = "1g"
    megabytes: int | None = 800
    data: bool = False
    works: str | None = None
    picture: str = "pathlib.Path('/samples/astronaut.jpg').read_bytes()"

    @property
    def dockerfile(self) -> Path:
        """Its Dockerfile."""
        return self.folder / "Dockerfile"

    @property
    def image(self) -> str:
        """What its image is called here."""
        return f"localhost/{self.name}:dev"


SERVICES = ROOT / "services"
COMPONENTS = (
    Component("engine", ROOT / "engine", "2g", 350, data=True),
    Component("image-processing", SERVICES / "image_processing", works="/analyze"),
    Component("face-detection", SERVICES / "face_detection", works="/compute"),
    Component("face-analyzer", SERVICES / "face_analyzer", "4g", works="/compute"),
    Component("digit-recognition", SERVICES / "digit_recognition", data=True, works="/compute", picture="a_one()"),
    Component("object-detection", SERVICES / "object_detection", "2g", works="/compute"),
    Component("digit-training", SERVICES / "digit_recognition" / "training", "4g", None, data=True),
)

LOOK_INSIDE = """
import http.client, importlib.util, os, sys
assert (os.getuid(), os.getgid()) == (10001, 10001), (os.getuid(), os.getgid())
def writes(folder):
    try:
        with open(os.path.join(folder, 'tried'), 'w') as file:
            file.write('x')
        os.remove(file.name)
    except OSError:
        return False
    return True
assert writes('/tmp') and writes(os.environ['HOME']), 'cannot write to /tmp'
assert writes('/data') or not os.path.isdir('/data'), 'cannot write to /data'
assert not any(map(writes, ('/', '/app', '/usr/local/bin', '/etc', '/var/tmp'))), 'the root can be written to'
assert importlib.util.find_spec('pip') is None, 'pip is there'
engine = http.client.HTTPConnection('127.0.0.1', int(os.environ['APP_PORT']), timeout=5)
engine.request('GET', '/health/live')
answer = engine.getresponse()
assert answer.status == 200, answer.status
"""
WORK = """
import http.client, io, os, pathlib, time
def a_one():
    from PIL import Image
    drawn = Image.new('L', (64, 64), 255)
    drawn.paste(0, (30, 10, 36, 54))
    file = io.BytesIO()
    drawn.save(file, 'PNG')
    return file.getvalue()
head = '--edge\\r\\nContent-Disposition: form-data; name="image"; filename="a"\\r\\n'
head += 'Content-Type: application/octet-stream\\r\\n\\r\\n'
body = head.encode() + {picture} + b'\\r\\n--edge--\\r\\n'
service = http.client.HTTPConnection('127.0.0.1', int(os.environ['APP_PORT']), timeout=70)
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    service.request('GET', '/health/ready')
    answer = service.getresponse()
    answer.read()
    if answer.status == 200:
        break
    time.sleep(0.1)
service.request('POST', '{path}', body, {{'Content-Type': 'multipart/form-data; boundary=edge', 'Prefer': 'wait=60'}})
answer = service.getresponse()
assert answer.status == 200, (answer.status, answer.read()[:500])
"""
PIP_IN_BASE = "import subprocess, sys; sys.exit(subprocess.call(['/usr/local/bin/python3', '-c', 'import pip']) == 0)"


@dataclass(frozen=True)
class Row:
    """What was measured of one component. Sizes in bytes, unpacked; times in seconds."""

    name: str
    build: float
    added: int
    size: int
    healthy: float
    call: float | None
    memory: str
    stop: float

    def __str__(self) -> str:
        sizes = f"{self.added / MB:.0f} MB | {self.size / MB:.0f} MB"
        call = "" if self.call is None else f"{self.call:.1f} s"
        times = f"{self.healthy:.1f} s | {call} | {self.memory} | {self.stop:.1f} s"
        return f"| {self.name} | {self.build:.0f} s | {sizes} | {times} |"


HEAD = "| image | built in | adds | in all | lives after | ready, first call done | memory then | ended after |"
RULE = "|---" * 8 + "|"


def revision() -> str:
    """The commit that is checked out."""
    words = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def try_out(component: Component, built: float) -> Row:
    """Run the image of a component. Raises `Failed` where it does not do what it should."""
    size = containers.size_of(component.image)
    if component.megabytes is not None and size > component.megabytes * MB:
        raise Failed(f"{component.name} has {size / MB:.0f} MB; {component.megabytes} MB are allowed")
    volumes = ["/data"] if component.data else []
    container = Container(f"aim-try-{component.name}", component.image, component.memory, volumes)

    def come_up() -> None:
        container.start(f"--volume={SAMPLES}:/samples:ro")
        container.wait_healthy(HEALTHY_SECONDS)

    try:
        healthy = timed(come_up)
        container.python(LOOK_INSIDE)
        container.python(PIP_IN_BASE)
        code = WORK.format(path=component.works, picture=component.picture)
        call = None if component.works is None else timed(lambda: container.python(code))
        memory = container.memory()
        codes: list[int] = []
        stopped = timed(lambda: codes.append(container.stop(STOP_SECONDS)))
        if codes != [0] or "Traceback" in container.log():
            raise Failed(f"{component.name} ended with {codes[0]}:\n{container.log()[-4_000:]}")
    finally:
        container.remove()
    return Row(component.name, built, size - containers.size_of(containers.BASE), size, healthy, call, memory, stopped)


def prepare_base(pull: bool) -> None:
    """See to it that the base image is there, and say loudly where it is a stand-in."""
    if pull:
        containers.pull_base()
        return
    if not containers.has(containers.BASE):
        print("[images] making the stand-in for the base image of Debian's packages", flush=True)
        containers.make_base()
    print(
        banner(
            f"{containers.BASE} is not taken from its registry: what stands for it is Debian 12 with its own\n"
            "Python 3.11, a little larger. With --pull it is the real one."
        ),
        flush=True,
    )


def build_and_try(component: Component) -> Row:
    """Build and run one image. Raises `Failed`."""
    print(f"[images] {component.name}: building", flush=True)
    built = containers.build(component.dockerfile, component.image, revision())
    print(f"[images] {component.name}: running", flush=True)
    return try_out(component, built)


def main(arguments: Sequence[str]) -> int:
    """Build and run the images of the named components."""
    known = {component.name: component for component in COMPONENTS}
    parser = argparse.ArgumentParser(prog="images", description="Build the components' images, and run each.")
    parser.add_argument("--pull", action="store_true", help="take the base image from its registry")
    parser.add_argument("components", nargs="*", choices=[[], *known], metavar="COMPONENT")
    chosen = parser.parse_args(arguments)
    rows, failed = [], []
    try:
        containers.require()
        prepare_base(chosen.pull)
    except (CannotRun, Failed) as error:
        print(banner(f"NO IMAGE WAS BUILT OR RUN. {error}"), file=sys.stderr)
        return 1
    for name in chosen.components or known:
        try:
            rows.append(build_and_try(known[name]))
        except Failed as error:
            failed.append(name)
            print(f"FAIL {name}: {error}", flush=True)
    print("\n".join([HEAD, RULE, *map(str, rows)]))
    if not set(together.PARTS) - {row.name for row in rows}:
        try:
            print(together.blur_a_face())
        except Failed as error:
            failed.append("together")
            print(f"FAIL together: {error}")
    print(f"images: {'failed: ' + ', '.join(failed) if failed else 'all as they should be'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
