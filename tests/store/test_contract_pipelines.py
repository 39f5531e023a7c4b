"""What every store must do with pipelines and announced services."""

import asyncio
from dataclasses import replace

import pytest

from engine.errors import Conflict
from engine.store.base import KEPT_VERSIONS, PipelineRow, Store

from .rows import STRANGE_IDS, finished, pipeline, service, task


async def test_pipeline_is_open_after_it_was_added(store: Store) -> None:
    row = pipeline("d1")
    assert await store.add_pipeline(row)
    assert await store.open_pipeline("blur") == row
    assert await store.definition("d1") == row
    assert await store.latest_version("blur") == 1
    assert await store.open_pipelines() == [row]


async def test_new_version_takes_the_route_and_the_old_one_is_kept(store: Store) -> None:
    first, second = pipeline("d1"), pipeline("d2", version=2)
    assert await store.add_pipeline(first)
    assert await store.add_pipeline(second)
    assert await store.open_pipeline("blur") == second
    assert await store.definition("d1") == first
    assert await store.open_pipelines() == [second]


async def test_taken_version_is_refused_and_changes_nothing(store: Store) -> None:
    row = pipeline("d1", version=3)
    assert await store.add_pipeline(row)
    assert not await store.add_pipeline(pipeline("d2", version=3))
    assert not await store.add_pipeline(pipeline("d3", version=2))
    assert await store.open_pipeline("blur") == row
    assert await store.definition("d2") is None
    assert await store.latest_version("blur") == 3


async def test_of_many_who_add_one_version_one_wins(store: Store) -> None:
    added = await asyncio.gather(*(store.add_pipeline(pipeline(f"d{number}")) for number in range(20)))
    assert sum(added) == 1
    winner = await store.open_pipeline("blur")
    assert winner is not None and winner.id == f"d{added.index(True)}"


async def test_closed_route_keeps_its_versions(store: Store) -> None:
    row = pipeline("d1")
    assert not await store.close_pipeline("blur")
    await store.add_pipeline(row)
    assert await store.close_pipeline("blur")
    assert not await store.close_pipeline("blur")
    assert await store.open_pipeline("blur") is None
    assert await store.open_pipelines() == []
    assert await store.definition("d1") == row
    assert await store.latest_version("blur") == 1
    assert await store.add_pipeline(pipeline("d2", version=2))
    assert (await store.open_pipelines())[0].id == "d2"


async def test_open_pipelines_come_by_route(store: Store) -> None:
    for route in ("c", "a", "b"):
        await store.add_pipeline(pipeline(f"d-{route}", route, kind="service"))
    assert [row.route for row in await store.open_pipelines()] == ["a", "b", "c"]
    assert {row.kind for row in await store.open_pipelines()} == {"service"}


async def test_prune_removes_what_is_neither_open_nor_used(store: Store) -> None:
    for version in (1, 2, 3):
        await store.add_pipeline(pipeline(f"d{version}", version=version, kind="service"))
    row = task(definition="d1")
    await store.create(row)
    assert await store.prune_pipelines(10_000) == 1
    assert [await store.definition(each) is not None for each in ("d1", "d2", "d3")] == [True, False, True]
    await store.save(finished(row))
    assert await store.prune_pipelines(10_000) == 0
    assert await store.delete([row.id]) == [row.id]
    assert await store.prune_pipelines(10_000) == 1
    assert await store.definition("d1") is None
    await store.close_pipeline("blur")
    assert await store.prune_pipelines(10_000) == 1
    assert await store.latest_version("blur") == 3
    assert not await store.add_pipeline(pipeline("d4", version=3))


async def test_prune_keeps_the_newest_versions_of_an_open_pipeline(store: Store) -> None:
    count = KEPT_VERSIONS + 4
    rows = {
        route: [pipeline(f"{route}-{version}", route, version, kind) for version in range(1, count)]
        for route, kind in (("blur", "pipeline"), ("crop", "pipeline"), ("gone", "pipeline"), ("made", "service"))
    }
    for row in [row for each in rows.values() for row in each]:
        assert await store.add_pipeline(row)
    await store.close_pipeline("gone")
    await store.create(task(definition="blur-2"))
    await store.create(task(definition="gone-2"))
    assert await store.versions("blur") == rows["blur"][::-1]
    assert await store.prune_pipelines(10_000) == 2 + 3 + (count - 2) + (count - 2)
    kept = rows["blur"][-KEPT_VERSIONS:][::-1] + [rows["blur"][1]]
    assert await store.versions("blur") == kept
    assert await store.versions("crop") == rows["crop"][-KEPT_VERSIONS:][::-1]
    assert await store.versions("gone") == [rows["gone"][1]]
    assert await store.versions("made") == rows["made"][-1:]
    assert await store.prune_pipelines(10_000) == 0


async def test_route_that_a_service_took_over_keeps_no_versions(store: Store) -> None:
    await store.add_pipeline(pipeline("d1"))
    await store.add_pipeline(pipeline("d2", version=2, kind="service"))
    assert await store.prune_pipelines(10_000) == 1
    assert [row.id for row in await store.versions("blur")] == ["d2"]
    await store.add_pipeline(pipeline("d3", version=3))
    await store.add_definition(PipelineRow("d4", "blur", 0, "trial", b"{}", 2_000))
    assert [row.id for row in await store.versions("blur")] == ["d3", "d2"]
    assert await store.prune_pipelines(10_000) == 2, "what was no pipeline is none of its versions"
    assert [row.id for row in await store.versions("blur")] == ["d3"]


async def test_trial_is_kept_beside_the_versions(store: Store) -> None:
    opened, trial = pipeline("d1"), PipelineRow("d2", "blur", 0, "trial", b"{}", 2_000)
    await store.add_pipeline(opened)
    await store.add_definition(trial)
    assert await store.definition("d2") == trial
    assert await store.open_pipelines() == [opened]
    assert await store.versions("blur") == [opened]
    assert await store.latest_version("blur") == 1
    with pytest.raises(Conflict):
        await store.add_definition(replace(trial, document=b"other"))
    with pytest.raises(Conflict):
        await store.add_definition(replace(opened, document=b"other"))
    assert await store.definition("d2") == trial
    await store.add_definition(PipelineRow("d3", "nowhere", 0, "trial", b"{}", 2_000))
    assert await store.versions("nowhere") == []
    assert await store.latest_version("nowhere") == 0


async def test_young_definitions_are_kept_for_a_task_that_is_about_to_come(store: Store) -> None:
    for number, created in (("d1", 1_000), ("d2", 2_000), ("d3", 3_000)):
        await store.add_definition(PipelineRow(number, "blur", 0, "trial", b"{}", created))
    await store.create(task(definition="d1"))
    row = task(definition="d3")
    await store.create(row)
    assert await store.prune_pipelines(2_000) == 0
    assert await store.prune_pipelines(2_001) == 1
    assert await store.definition("d2") is None
    await store.save(finished(row))
    await store.delete([row.id])
    assert await store.prune_pipelines(3_000) == 0
    assert await store.prune_pipelines(3_001) == 1
    assert [await store.definition(each) is not None for each in ("d1", "d2", "d3")] == [True, False, False]


async def test_unknown_pipelines(store: Store) -> None:
    for strange in STRANGE_IDS:
        assert await store.open_pipeline(strange) is None
        assert await store.definition(strange) is None
        assert await store.latest_version(strange) == 0
        assert await store.versions(strange) == []


async def test_services_are_announced_replaced_and_withdrawn(store: Store) -> None:
    rows = [service("a", "http://1"), service("a", "http://2"), service("b", "http://1")]
    for row in reversed(rows):
        await store.announce(row)
    assert await store.services() == rows
    newer = replace(rows[0], seen=2_000, interval=0.5, api=b"{}")
    await store.announce(newer)
    assert await store.services() == [newer, *rows[1:]]
    await store.withdraw("a", "http://2")
    await store.withdraw("a", "http://2")
    assert await store.services() == [newer, rows[2]]
