"""Versions and binaries on several engines: of changes to the same version one wins, and any engine serves anything."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.api.test_if_match import etag, numbered, put
from tests.e2e.scripts import entry, fresh_route, open_route, problem, raw, result, submit
from tests.pictures.samples import GOOD, opened
from tests.replicas.cluster import Cluster

ROUNDS = 5


def test_of_engines_that_change_the_same_version_one_wins(cluster: Cluster) -> None:
    route = fresh_route()
    cluster.engines[0].client.post("/services", json=numbered(route, 0)).raise_for_status()
    for turn in range(1, ROUNDS + 1):
        tags = {etag(engine, route) for engine in cluster.engines}
        assert len(tags) == 1
        seen = tags.pop()

        def change(place: int, turn: int = turn, seen: str = seen) -> httpx.Response:
            return put(cluster.engines[place], route, turn * 10 + place, seen)

        with ThreadPoolExecutor(3) as threads:
            answers = list(threads.map(change, range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
        [won] = [place for place, answer in enumerate(answers) if answer.status_code == 200]
        for engine in cluster.engines:
            described = engine.client.get(f"/services/{route}").json()
            assert described["state"]["version"] == turn + 1
            assert described["nodes"][0]["api"]["body"] == {"n": turn * 10 + won}
        for answer in answers:
            if answer.status_code == 412:
                assert f"version {turn + 1} of" in problem(answer, 412)["detail"]
                assert answer.headers["etag"] == f'"{turn + 1}"'


def test_any_engine_serves_a_binary_and_makes_it_small(cluster: Cluster) -> None:
    first = cluster.engines[0]
    route = open_route(first, entry(fresh_route(), "file", "end"), {"id": "end", "type": "end"})
    job = submit(first, route, files={"file": ("a.jpg", GOOD["jpeg"], "image/jpeg")})
    result(first, job)
    binary = raw(first, job)["nodes"]["entry"]["out"]["file"]["binary"]
    for engine in cluster.engines:
        path = f"/tasks/{job}/binaries/{binary}"
        assert engine.client.get(path).content == GOOD["jpeg"]
        part = engine.client.get(path, headers={"Range": "bytes=10-19"})
        assert part.status_code == 206 and part.content == GOOD["jpeg"][10:20]
        small = engine.client.get(path, params={"thumbnail": 64})
        assert small.status_code == 200 and opened(small.content).size == (64, 48)
        assert engine.client.get(f"/tasks/{job}/nodes/end").json() == raw(first, job)["nodes"]["end"]
