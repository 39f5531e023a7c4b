"""Where things are in the project, for all tools. Standard library only: it is read before any environment exists."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCFILE = ROOT / "Procfile"
PIPELINES = ROOT / "pipelines"
SAMPLES = ROOT / "samples"


@dataclass(frozen=True)
class Part:
    """A folder with a `pyproject.toml` and an environment of its own: the engine (the root), the SDK, each service."""

    name: str
    folder: Path

    @property
    def venv(self) -> Path:
        """Its environment."""
        return self.folder / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.venv / "bin" / "python"

    @property
    def requires_python(self) -> str:
        """The versions of Python that it runs on, as its `pyproject.toml` states them."""
        document = tomllib.loads((self.folder / "pyproject.toml").read_text())
        return str(document["project"]["requires-python"])


def parts(root: Path = ROOT) -> list[Part]:
    """Return all parts: the engine first, then the folders of `services/` by name, and what has an environment of its
    own within them."""
    found = [*root.glob("services/*/pyproject.toml"), *root.glob("services/*/*/pyproject.toml")]
    folders = sorted(path.parent for path in found)
    return [Part("engine", root), *(Part(folder.name, folder) for folder in folders)]
