"""Keep the last images of each component in GitLab's registry, delete the others: `python3 tools/retain.py --keep 5`.

An image that runs is kept, however old it is: `--in-use FILE` names files that the deployments wrote (`component image`
in each line); that of prod is asked for from its last deployment. Standard library only. What it reads from the
environment is what GitLab gives every job: CI_API_V4_URL, CI_PROJECT_ID, CI_DEFAULT_BRANCH and CI_JOB_TOKEN, or a
REGISTRY_TOKEN (scope `api`) where the job's own may not delete.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

PAGE = 100
SECONDS = 60
KEPT_REPOSITORIES = ("cache/",)
"""Beginnings of the names of repositories that are no component's."""


class Gitlab:
    """The part of GitLab's API that concerns the images of one project."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._base = f"{environment['CI_API_V4_URL']}/projects/{environment['CI_PROJECT_ID']}"
        token = environment.get("REGISTRY_TOKEN")
        self._headers = {"PRIVATE-TOKEN": token} if token else {"JOB-TOKEN": environment["CI_JOB_TOKEN"]}

    def _ask(self, method: str, path: str) -> bytes:
        request = Request(f"{self._base}{path}", method=method, headers=self._headers)
        with urlopen(request, timeout=SECONDS) as answer:
            content: bytes = answer.read()
        return content

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """Everything that a list has, page by page."""
        number = 1
        while page := json.loads(self._ask("GET", f"{path}?per_page={PAGE}&page={number}")):
            yield from page
            if len(page) < PAGE:
                return
            number += 1

    def created(self, repository: int, tag: str) -> str:
        """When an image was made; ISO 8601, so that the order of the texts is that of the times."""
        return str(json.loads(self._ask("GET", f"/registry/repositories/{repository}/tags/{quote(tag)}"))["created_at"])

    def delete(self, repository: int, tag: str) -> None:
        """Delete a tag. One that is gone is no fault."""
        try:
            self._ask("DELETE", f"/registry/repositories/{repository}/tags/{quote(tag)}")
        except HTTPError as error:
            if error.code != 404:
                raise

    def released(self, branch: str, overlay: str) -> str:
        """What the last deployment of an overlay wrote; nothing where there was none."""
        file = f"raw/release/{overlay}.txt?job=deploy:{overlay}"
        try:
            return self._ask("GET", f"/jobs/artifacts/{quote(branch, safe='')}/{file}").decode()
        except HTTPError as error:
            if error.code == 404:
                return ""
            raise


def in_use(text: str) -> set[str]:
    """The images of lines `component image`."""
    return {line.split()[1] for line in text.splitlines() if len(line.split()) == 2}


def to_delete(times: Mapping[str, str], keep: int, running: set[str]) -> list[str]:
    """The tags to delete, the oldest first: neither among the last ones nor running."""
    newest_first = sorted(times, key=lambda tag: (times[tag], tag), reverse=True)
    return [tag for tag in reversed(newest_first[keep:]) if tag not in running]


def retain(gitlab: Gitlab, keep: int, used: set[str]) -> list[str]:
    """Delete what is to be deleted; what it was."""
    gone = []
    for repository in list(gitlab.all("/registry/repositories")):
        if str(repository["name"]).startswith(KEPT_REPOSITORIES):
            continue
        number, location = int(repository["id"]), str(repository["location"])
        tags = [str(each["name"]) for each in gitlab.all(f"/registry/repositories/{number}/tags")]
        running = {image.rpartition(":")[2] for image in used if image.rpartition(":")[0] == location}
        if len(tags) <= keep:
            continue
        for tag in to_delete({tag: gitlab.created(number, tag) for tag in tags}, keep, running):
            gitlab.delete(number, tag)
            gone.append(f"{location}:{tag}")
    return gone


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do it, and tell what is gone."""
    parser = argparse.ArgumentParser(description="Delete old images from GitLab's registry.")
    parser.add_argument("--keep", type=int, default=5, help="images of each component that are kept")
    parser.add_argument("--in-use", type=Path, nargs="*", default=[], help="lists of images that run")
    asked = parser.parse_args(arguments)
    if asked.keep < 1:
        parser.error("--keep must be 1 or more")
    gitlab = Gitlab(environment)
    used = in_use(gitlab.released(environment["CI_DEFAULT_BRANCH"], "prod"))
    for path in asked.in_use:
        used |= in_use(path.read_text())
    gone = retain(gitlab, asked.keep, used)
    print("\n".join([*(f"deleted {image}" for image in gone), f"{len(gone)} deleted"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
