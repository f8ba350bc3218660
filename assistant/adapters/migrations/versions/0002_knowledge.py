"""Kinds, deletions, roles, the search by words, the serving index, and who asked to be forgotten"""

import sqlalchemy as sa
from alembic import op

import knowledge.adapters.sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# FTS5 keeps an index over the table `terms` (external content); triggers make it follow.
_SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE terms_index USING fts5(terms, content='terms', content_rowid='id',"
    " tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")",
    "CREATE VIRTUAL TABLE terms_vocabulary USING fts5vocab('terms_index', 'row')",
    "CREATE TRIGGER terms_added AFTER INSERT ON terms BEGIN"
    " INSERT INTO terms_index(rowid, terms) VALUES (new.id, new.terms); END",
    "CREATE TRIGGER terms_removed AFTER DELETE ON terms BEGIN"
    " INSERT INTO terms_index(terms_index, rowid, terms) VALUES ('delete', old.id, old.terms); END",
    "CREATE TRIGGER terms_changed AFTER UPDATE ON terms BEGIN"
    " INSERT INTO terms_index(terms_index, rowid, terms) VALUES ('delete', old.id, old.terms);"
    " INSERT INTO terms_index(rowid, terms) VALUES (new.id, new.terms); END",
)
_POSTGRES_INDEX = (
    "ALTER TABLE terms ADD COLUMN vector tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(terms, ' '))) STORED",
    "CREATE INDEX ix_terms_vector ON terms USING gin (vector)",
)


def upgrade() -> None:
    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community", sa.String(length=48), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["community", "message"], ["messages.community", "messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("community", "message"),
    )
    op.create_table(
        "forgotten",
        sa.Column("community", sa.String(length=48), nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("at", knowledge.adapters.sql.UtcDateTime(), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("community", "member"),
    )
    # Columns are added one by one: to copy the table would take the rows of those that hang on it along.
    op.add_column("communities", sa.Column("serving", sa.Text(), nullable=True))
    op.add_column("members", sa.Column("roles", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("messages", sa.Column("kind", sa.String(length=16), server_default="post", nullable=False))
    op.add_column("messages", sa.Column("accepted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("messages", sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_messages_channel", "messages", ["community", "channel", "at"])
    op.create_index("ix_messages_rating", "messages", ["community", "rating"])
    op.create_index("ix_signals_language", "signals", ["community", "language"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.alter_column("messages", "indexed", type_=sa.String(length=48))  # SQLite does not count
    for statement in _SQLITE_INDEX if sqlite else _POSTGRES_INDEX:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE terms_vocabulary")
        op.execute("DROP TABLE terms_index")
    op.drop_table("terms")  # first: with it go the triggers, without which SQLite drops no column
    op.drop_index("ix_signals_language", "signals")
    op.drop_index("ix_messages_rating", "messages")
    op.drop_index("ix_messages_channel", "messages")
    op.drop_column("messages", "deleted")
    op.drop_column("messages", "accepted")
    op.drop_column("messages", "kind")
    op.drop_column("members", "roles")
    op.drop_column("communities", "serving")
    op.drop_table("forgotten")
