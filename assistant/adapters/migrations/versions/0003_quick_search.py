"""What is understood of a message stands beside it; indexes that answer filters; a smaller index of words"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SIGNALS: dict[str, sa.types.TypeEngine[str] | sa.types.TypeEngine[float]] = {
    "language": sa.String(length=8),
    "language_p": sa.Float(),
    "sentiment": sa.String(length=16),
    "sentiment_p": sa.Float(),
    "intent": sa.String(length=16),
    "intent_p": sa.Float(),
}
# What SQLite is to take for granted: in a table of so many rows, how many of them share the first column of an index,
# the first two, and so on (https://www.sqlite.org/fileformat2.html#stat1tab). Without it, it takes a community for a
# few messages and reads all of it where it should look up some by their ids.
_STATISTICS = {
    "messages": {
        "sqlite_autoindex_messages_1": "100000 100000 1",
        "ix_messages_author": "100000 100000 20",
        "ix_messages_thread": "100000 100000 5",
        "ix_messages_at": "100000 100000 1 1 1 1",
        "ix_messages_channel": "100000 100000 2000 1 1 1 1",
        "ix_messages_language": "100000 100000 12000 1 1 1",
        "ix_messages_rating": "100000 100000 2000 1 1 1",
    },
    "terms": {"sqlite_autoindex_terms_1": "100000 100000 1"},
}
_KEYS = {"at": ["at"], "channel": ["channel", "at"], "rating": ["rating"], "language": ["language"]}


def upgrade() -> None:
    for name, kind in _SIGNALS.items():
        op.add_column("messages", sa.Column(name, kind, nullable=True))
    moved = ", ".join(f"{name} = signals.{name}" for name in _SIGNALS)
    op.execute(
        f"UPDATE messages SET {moved} FROM signals"  # noqa: S608  column names of ours
        " WHERE signals.community = messages.community AND signals.message = messages.id"
    )
    op.drop_table("signals")
    _index_messages([name for name in _KEYS if name != "language"], _KEYS, "id", "kind", "deleted")
    _index_terms("detail=none, columnsize=0, ")  # only which texts use a term is asked, not where in them
    if op.get_bind().dialect.name == "postgresql":
        # Rows that are put off would be read from end to end by every search, until the next vacuum.
        op.execute("ALTER INDEX ix_terms_vector SET (fastupdate = off)")
        op.execute("SELECT gin_clean_pending_list('ix_terms_vector')")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ANALYZE sqlite_master")  # makes the table of statistics
        statistics = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
        rows = [
            {"tbl": name, "idx": index, "stat": told}
            for name, indexes in _STATISTICS.items()
            for index, told in indexes.items()
        ]
        op.bulk_insert(statistics, rows)
        op.execute("ANALYZE sqlite_master")  # has them read


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1")
    else:
        op.execute("ALTER INDEX ix_terms_vector RESET (fastupdate)")
    _index_terms("")
    _index_messages(_KEYS, {name: key for name, key in _KEYS.items() if name != "language"})
    op.create_table(
        "signals",
        sa.Column("community", sa.String(length=48), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in _SIGNALS.items()),
        sa.ForeignKeyConstraint(["community", "message"], ["messages.community", "messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("community", "message"),
    )
    op.create_index("ix_signals_language", "signals", ["community", "language"])
    names = ", ".join(_SIGNALS)
    op.execute(
        f"INSERT INTO signals (community, message, {names})"  # noqa: S608  column names of ours
        f" SELECT community, id, {names} FROM messages WHERE language IS NOT NULL"
    )
    for name in _SIGNALS:
        op.drop_column("messages", name)


def _index_messages(dropped: Iterable[str], made: Mapping[str, Sequence[str]], *added: str) -> None:
    for name in dropped:
        op.drop_index(f"ix_messages_{name}", "messages")
    for name, key in made.items():
        op.create_index(f"ix_messages_{name}", "messages", ["community", *key, *added])


def _index_terms(options: str) -> None:
    """Make SQLite's index of words anew. The triggers that feed it stay."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DROP TABLE terms_vocabulary")
    op.execute("DROP TABLE terms_index")
    op.execute(
        f"CREATE VIRTUAL TABLE terms_index USING fts5(terms, content='terms', content_rowid='id', {options}"
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")"
    )
    op.execute("CREATE VIRTUAL TABLE terms_vocabulary USING fts5vocab('terms_index', 'row')")
    op.execute("INSERT INTO terms_index(terms_index) VALUES ('rebuild')")
