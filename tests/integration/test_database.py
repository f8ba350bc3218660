import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, inspect, text
from sqlalchemy.exc import IntegrityError

import assistant.adapters
from assistant.adapters.database import migrate, open_database
from assistant.adapters.sql import SqlDeskStore
from knowledge.adapters.sql import SqlMessageStore, communities, create_engine, metadata
from knowledge.errors import StoreUnreachable
from tests import making
from tests.integration.servers import Postgres

SCRIPTS = Path(assistant.adapters.__file__).parent / "migrations"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'house.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, url: str) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield url
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    created = postgres.create("template1")
    yield created
    postgres.drop(created)


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def configured(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, to: str) -> None:
    command.upgrade(configured(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    command.downgrade(configured(connection), to)


def heads() -> list[str]:
    return ScriptDirectory.from_config(configured()).get_heads()


def insert_message(connection: Connection, id_: str, digest: str) -> None:
    """A message of a version before: only the columns that there have always been."""
    columns = "community, id, channel, author, text, at, thread, reactions, digest, indexed"
    values = f"'club', '{id_}', 'c', 'anna', 'Hello.', '2026-11-01 09:00:00', 'm1', '{{}}', '{digest}', '{digest}'"
    connection.exec_driver_sql(f"INSERT INTO messages ({columns}) VALUES ({values})")


def test_an_empty_database_gets_every_table_and_is_at_the_end_of_the_history(any_url: str) -> None:
    engine = open_database(any_url)
    assert set(inspect(engine).get_table_names()) - OF_SQLITE == {*metadata.tables, "alembic_version"}
    assert [revision(engine)] == heads()
    engine.dispose()


def test_the_migrated_tables_are_those_that_the_code_works_with(any_url: str) -> None:
    engine = open_database(any_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": _ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    engine.dispose()


OF_SQLITE = {"terms_index", *(f"terms_index_{part}" for part in ("config", "data", "idx"))}
OF_SQLITE |= {"terms_vocabulary"}
"""The search by words: tables that FTS5 makes, and on PostgreSQL a column with its index."""


def _ours(_object: object, name: str | None, *_: object) -> bool:
    # SQLite does not count the letters of a column, so there “indexed” was never made longer.
    return name not in {*OF_SQLITE, "vector", "ix_terms_vector", "indexed"}


def test_the_indexes_that_the_queue_needs_are_made(url: str) -> None:
    names = {index["name"] for index in inspect(open_database(url)).get_indexes("drafts")}
    assert {"ix_drafts_queue", "ix_drafts_subject", "ix_drafts_batch"} <= names


def test_postgresql_puts_off_no_word_that_is_added(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        options = connection.scalar(text("SELECT reloptions FROM pg_class WHERE relname = 'ix_terms_vector'"))
    engine.dispose()
    assert options == ["fastupdate=off"]


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


def test_every_migration_can_be_taken_back(any_url: str) -> None:
    engine = open_database(any_url)
    with engine.begin() as connection:
        downgrade(connection, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_database_of_the_version_before_keeps_what_it_holds(any_url: str) -> None:
    engine = create_engine(any_url)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        connection.exec_driver_sql("INSERT INTO communities (id, name) VALUES ('club', 'The Club')")
        insert_message(connection, "m1", "d" * 32)
    migrate(engine)
    store = SqlMessageStore(engine)
    (waiting,) = store.pending("club", "words", 9)
    assert (waiting.text, waiting.kind, waiting.deleted, waiting.accepted) == ("Hello.", "post", False, False)
    assert store.serving("club") is None
    engine.dispose()


def test_what_was_understood_before_stays_known_and_is_found(any_url: str) -> None:
    engine = create_engine(any_url)
    with engine.begin() as connection:
        upgrade(connection, "0002")
        for id_ in ("m1", "m2"):
            insert_message(connection, id_, "d")
        connection.exec_driver_sql(
            "INSERT INTO signals VALUES ('club', 'm1', 'en', 0.9, 'positive', 0.8, 'other', 0.7)"
        )
        connection.exec_driver_sql("INSERT INTO terms (community, message, terms) VALUES ('club', 'm1', 'hello there')")
    migrate(engine)
    store = SqlMessageStore(engine)
    (post,) = store.posts("club")
    assert (post.signals.language, post.signals.intent_p) == ("en", 0.7)
    assert [id_ for id_, _ in store.matching("club", [[["there"]]], 9)[0]] == ["m1"]
    with engine.begin() as connection:
        downgrade(connection, "0002")
        assert connection.scalar(text("SELECT intent_p FROM signals")) == 0.7
    engine.dispose()


_OPEN = """
import sys
from assistant.adapters.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1])
"""


def test_processes_that_open_a_new_database_at_once_wait_for_each_other(any_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, any_url],
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
    engine = create_engine(any_url)
    assert [revision(engine)] == heads()
    engine.dispose()


@pytest.mark.parametrize(
    "bad",
    [
        "sqlite:////no/such/folder/house.db",
        "nonsense",
        "nonsense://somewhere/house",
        "mysql://anna:hemligt@127.0.0.1:1/house",
        "postgresql+psycopg://anna:hemligt@127.0.0.1:1/house",
        "postgresql://anna:hemligt@127.0.0.1:1/house",
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
