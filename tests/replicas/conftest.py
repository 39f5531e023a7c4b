"""Clusters of engines: one for all tests of a kind of store, and others for tests that kill their engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replicas.cluster import KINDS, Cluster, store_settings


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """What the engines share."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def settings(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of one store of the kind."""
    yield from store_settings(kind, tmp_path_factory.mktemp(kind))


@pytest.fixture(scope="session")
def cluster(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three engines that live on."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), settings)
    yield cluster
    cluster.close()
    assert not cluster.complaints(), cluster.complaints()


@pytest.fixture
def mortal(kind: str, tmp_path: Path) -> Iterator[Cluster]:
    """Two engines of a store of their own, which a test may end."""
    for settings in store_settings(kind, tmp_path):
        cluster = Cluster(tmp_path, settings, 2)
        yield cluster
        cluster.close()
        assert not cluster.complaints(), cluster.complaints()
