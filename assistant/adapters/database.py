"""Opens the database and brings its tables up to date."""

from importlib.resources import files

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from knowledge.adapters.sql import create_engine
from knowledge.errors import StoreUnreachable


def open_database(url: str) -> Engine:
    """Connect and migrate. Raises StoreUnreachable where no database answers."""
    engine = create_engine(url)
    try:
        migrate(engine)
    except OperationalError as error:
        raise StoreUnreachable(f"The database does not answer: {error.orig}. Check HEARTHSIDE_DATABASE_URL.") from error
    return engine


def migrate(engine: Engine) -> None:
    """Run the migrations that this database has not seen. Two processes at once: one waits for the other."""
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(files("assistant") / "adapters" / "migrations"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
