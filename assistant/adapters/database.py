"""Opens the database and brings its tables up to date."""

from importlib.resources import files

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from knowledge.adapters.sql import create_engine, unreachable
from knowledge.errors import StoreUnreachable

_LOCK = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(4840216)"}
"""Held until the migration is done; the number is one that nobody else uses."""


def open_database(url: str) -> Engine:
    """Connect and migrate. Raises StoreUnreachable where no database answers."""
    try:
        engine = create_engine(url)
        migrate(engine)
    except (SQLAlchemyError, ImportError) as error:  # an ImportError: the driver that the URL names is not installed
        raise unreachable(error) from error
    return engine


def migrate(engine: Engine) -> None:
    """Run the migrations that this database has not seen. Two processes at once: one waits for the other.

    Raises StoreUnreachable for a database that is newer than this program.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("assistant") / "adapters" / "migrations"))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == known[0]:
        return
    if current is not None and current not in known:
        raise StoreUnreachable(f"The database was made by a newer Hearthside (“{current}”). Update this one.")
    with engine.begin() as connection:
        connection.exec_driver_sql(_LOCK[engine.dialect.name])
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
