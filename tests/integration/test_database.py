import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import IntegrityError

import assistant.adapters
from assistant.adapters.database import migrate, open_database
from assistant.adapters.sql import SqlDeskStore
from knowledge.adapters.sql import SqlMessageStore, communities, create_engine, metadata
from knowledge.errors import StoreUnreachable
from tests import making

SCRIPTS = Path(assistant.adapters.__file__).parent / "migrations"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'house.db'}"


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def heads() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config).get_heads()


def test_an_empty_database_gets_every_table(url: str) -> None:
    engine = open_database(url)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_history_of_migrations_has_one_end_and_a_new_database_is_there(url: str) -> None:
    assert [revision(open_database(url))] == heads()


def test_the_migrated_tables_are_those_that_the_code_works_with(url: str) -> None:
    with open_database(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_indexes_that_the_queue_needs_are_made(url: str) -> None:
    names = {index["name"] for index in inspect(open_database(url)).get_indexes("drafts")}
    assert {"ix_drafts_queue", "ix_drafts_subject", "ix_drafts_batch"} <= names


def test_opened_again_a_database_keeps_what_it_holds(url: str) -> None:
    draft = making.draft(making.plan(making.move()), making.segment("Hello."))
    SqlDeskStore(open_database(url)).add_draft(draft)
    assert SqlDeskStore(open_database(url)).draft("d1") == draft


def test_migrating_twice_changes_nothing(url: str) -> None:
    engine = create_engine(url)
    migrate(engine)
    before = inspect(engine).get_table_names(), revision(engine)
    migrate(engine)
    assert (inspect(engine).get_table_names(), revision(engine)) == before


def test_every_migration_can_be_taken_back(url: str) -> None:
    from alembic import command

    engine, config = open_database(url), Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


_OPEN = """
import sys
from assistant.adapters.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1])
"""


def test_processes_that_open_a_new_database_at_once_wait_for_each_other(url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert ends == [("", 0)] * 3
    assert [revision(create_engine(url))] == heads()


@pytest.mark.parametrize(
    "bad",
    [
        "sqlite:////no/such/folder/house.db",
        "nonsense",
        "nonsense://somewhere/house",
        "mysql://anna:hemligt@127.0.0.1:1/house",
        "postgresql+psycopg://anna:hemligt@127.0.0.1:1/house",
    ],
)
def test_a_database_that_does_not_answer_is_said_to_and_no_password_is_told(bad: str) -> None:
    with pytest.raises(StoreUnreachable, match="HEARTHSIDE_DATABASE_URL") as problem:
        open_database(bad)
    assert "hemligt" not in str(problem.value)


@pytest.mark.parametrize(
    "ask", [lambda engine: SqlMessageStore(engine).get("club", ["p1"]), lambda engine: SqlDeskStore(engine).draft("d1")]
)
def test_a_database_that_fails_later_is_said_to_without_the_question(url: str, ask: Callable[[Engine], object]) -> None:
    engine = open_database(url)
    metadata.drop_all(engine)
    with pytest.raises(StoreUnreachable, match="The database does not answer: no such table") as problem:
        ask(engine)
    assert "SELECT" not in str(problem.value)


def test_a_mistake_of_ours_is_not_taken_for_the_database(url: str) -> None:
    with open_database(url).begin() as connection, pytest.raises(IntegrityError):
        connection.execute(insert(communities), [{"id": "club"}, {"id": "club"}])


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "house.db").write_text("These are my notes. " * 100)
    with pytest.raises(StoreUnreachable, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'house.db'}")


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnreachable, match="newer"):
        open_database(url)
    assert revision(engine) == "9999"
