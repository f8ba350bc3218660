"""A club with all it said, imported once and copied for each test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from assistant.adapters.database import open_database
from assistant.bootstrap import House
from tests import making
from tests.integration import exports
from tests.integration.running import run_here
from tests.integration.servers import ChromaServer, Postgres


def on_its_own(patch: pytest.MonkeyPatch) -> None:
    """Quick models, and no settings of the person who runs the tests: for fixtures that live longer than a test."""
    for name in list(os.environ):
        if name.startswith(("HEARTHSIDE_", "OPENAI_")):
            patch.delenv(name)
    use_quick_models(patch)


def use_quick_models(patch: pytest.MonkeyPatch) -> None:
    understanding = making.understanding()
    patch.setattr(House, "embedder", understanding.embedder)
    patch.setattr(House, "understanding", understanding)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fakes in place of the embedder and the language detector, which take seconds to load."""
    use_quick_models(monkeypatch)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder that holds all state of a test."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def _club(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("club")
    home, export = folder / "home", exports.jsonl(folder / "club.jsonl")
    write_profile(home, live=False)
    with pytest.MonkeyPatch.context() as patch:
        on_its_own(patch)
        assert run_here("import", export, "--home", home).code == 0
    return home


@pytest.fixture
def club(_club: Path, home: Path, quick: None) -> Path:
    """The home of a community “club” with a full profile, of which everything is imported and indexed."""
    shutil.copytree(_club, home)
    return home


def write_profile(home: Path, **changes: object) -> Path:
    """Write the profile of `making.profile`, as a person would have completed it."""
    data = making.profile(**changes).model_dump(mode="json")
    path = home / "communities" / str(data["id"]) / "community.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    running = ChromaServer(tmp_path_factory.mktemp("chroma-server"))
    yield running.wait()
    running.stop()


@pytest.fixture(scope="session")
def _sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "empty.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite_url(_sqlite_file: Path, tmp_path: Path) -> str:
    """A database of its own with all tables and no rows, as the migrations make it."""
    path = tmp_path / "house.db"
    shutil.copy(_sqlite_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The same on a PostgreSQL server."""
    url = postgres.create()
    yield url
    postgres.drop(url)
