"""The tables of the community, and the message store over them. SQLite or PostgreSQL, through SQLAlchemy Core."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Float,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    event,
    func,
    select,
    update,
)
from sqlalchemy import create_engine as sa_create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from knowledge.errors import StoreUnreachable
from knowledge.messages import Channel, Member, Message, Post, Signals
from knowledge.ports import Filters, Saved

BATCH = 500
"""Ids in one IN clause: below SQLite's limit on variables."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC without an offset so that SQLite compares it rightly."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()
"""All tables of the house: the community's here, the desk's in assistant/adapters/sql.py."""

communities = Table("communities", metadata, Column("id", String(48), primary_key=True), Column("name", Text))

channels = Table(
    "channels",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("id", String(300), primary_key=True),
    Column("name", Text, nullable=False),
    Column("visibility", String(8), nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("id", String(300), primary_key=True),
    Column("name", Text, nullable=False),
    Column("joined", UtcDateTime),
    Column("is_bot", Boolean, nullable=False),
    Column("is_staff", Boolean, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("id", String(300), primary_key=True),
    Column("channel", String(300), nullable=False),
    Column("author", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("thread", String(300), nullable=False),
    Column("reply_to", String(300)),
    Column("title", Text),
    Column("rating", Float),
    Column("reactions", JSON, nullable=False),
    Column("edited", UtcDateTime),
    Column("url", Text),
    Column("digest", String(32), nullable=False),
    # The digest under which the message stands in the vector index; anything else means "index it".
    Column("indexed", String(32)),
    Index("ix_messages_at", "community", "at"),
    Index("ix_messages_author", "community", "author"),
    Index("ix_messages_thread", "community", "thread"),
)

signals = Table(
    "signals",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("message", String(300), primary_key=True),
    Column("language", String(8), nullable=False),
    Column("language_p", Float, nullable=False),
    Column("sentiment", String(16), nullable=False),
    Column("sentiment_p", Float, nullable=False),
    Column("intent", String(16), nullable=False),
    Column("intent_p", Float, nullable=False),
    ForeignKeyConstraint(["community", "message"], ["messages.community", "messages.id"], ondelete="CASCADE"),
)


def create_engine(url: str) -> Engine:
    """Connect to SQLite (write-ahead log, waits up to 30 s for a writer) or PostgreSQL.

    Whatever store works with it raises StoreUnreachable where the database fails.
    """
    engine = sa_create_engine(url)

    @event.listens_for(engine, "handle_error", retval=True)
    def _translate(context: ExceptionContext) -> StoreUnreachable | None:
        error = context.sqlalchemy_exception
        return unreachable(error) if isinstance(error, DBAPIError) and not isinstance(error, _OURS) else None

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


_OURS = (DataError, IntegrityError, ProgrammingError)
"""Mistakes of this program, not to be taken for the database's."""


def unreachable(error: SQLAlchemyError | ImportError) -> StoreUnreachable:
    """What a person is told of a database that fails: neither SQL, nor its parameters, nor a password."""
    reason = error.orig if isinstance(error, DBAPIError) else error
    return StoreUnreachable(f"The database does not answer: {reason}. Check HEARTHSIDE_DATABASE_URL.")


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, replacing those whose primary key exists. The rows must have the same keys."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    replaced = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        insert.on_conflict_do_update(index_elements=keys, set_=replaced)
        if replaced
        else insert.on_conflict_do_nothing(),
        list(rows),
    )


def in_batches(ids: Iterable[str]) -> list[list[str]]:
    """Distinct ids, in lists short enough for one IN clause."""
    distinct = list(dict.fromkeys(ids))
    return [distinct[start : start + BATCH] for start in range(0, len(distinct), BATCH)]


class SqlMessageStore:
    """`knowledge.ports.MessageStore` over a SQL database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def communities(self) -> dict[str, str]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(communities.c.id, communities.c.name).order_by(communities.c.id))
            return {row.id: row.name for row in rows}

    def save_community(self, community: str, name: str) -> None:
        with self._engine.begin() as connection:
            upsert(connection, communities, [{"id": community, "name": name}])

    def save(
        self,
        community: str,
        *,
        messages: Sequence[Message] = (),
        members: Sequence[Member] = (),
        channels: Sequence[Channel] = (),
    ) -> Saved:
        with self._engine.begin() as connection:
            upsert(connection, _table("channels"), [{"community": community, **c.model_dump()} for c in channels])
            upsert(connection, _table("members"), [{"community": community, **m.model_dump()} for m in members])
            return _save_messages(connection, community, messages)

    def pending(self, community: str, limit: int) -> list[Message]:
        query = _pending(select(messages), community).order_by(messages.c.at, messages.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query)]

    def count_pending(self, community: str) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(_pending(select(func.count()), community)) or 0

    def languages_of(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for batch in in_batches(ids):
                query = select(signals.c.message, signals.c.language).where(
                    signals.c.community == community, signals.c.message.in_(batch)
                )
                found |= {row.message: row.language for row in connection.execute(query)}
        return found

    def mark_indexed(self, community: str, indexed: Sequence[tuple[Message, Signals]]) -> None:
        with self._engine.begin() as connection:
            upsert(
                connection,
                signals,
                [{"community": community, "message": message.id, **s.model_dump()} for message, s in indexed],
            )
            for message, _ in indexed:
                connection.execute(
                    update(messages)
                    .where(messages.c.community == community, messages.c.id == message.id)
                    .values(indexed=message.digest)
                )

    def forget_index(self, community: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(messages).where(messages.c.community == community).values(indexed=None))

    def posts(self, community: str, filters: Filters = Filters()) -> list[Post]:
        query = _posts(community).order_by(messages.c.at, messages.c.id)
        if filters.since is not None:
            query = query.where(messages.c.at >= filters.since)
        if filters.until is not None:
            query = query.where(messages.c.at <= filters.until)
        if filters.channel is not None:
            query = query.where(messages.c.channel == filters.channel)
        if filters.author is not None:
            query = query.where(messages.c.author == filters.author)
        if filters.thread is not None:
            query = query.where(messages.c.thread == filters.thread)
        if filters.language is not None:
            query = query.where(signals.c.language == filters.language)
        if filters.public_only:
            query = query.where(func.coalesce(channels.c.visibility, "public") == "public")
        with self._engine.connect() as connection:
            return [_post(row) for row in connection.execute(query)]

    def get(self, community: str, ids: Iterable[str]) -> dict[str, Post]:
        found: dict[str, Post] = {}
        with self._engine.connect() as connection:
            for batch in in_batches(ids):
                rows = connection.execute(_posts(community).where(messages.c.id.in_(batch)))
                found |= {row.id: _post(row) for row in rows}
        return found

    def staff(self, community: str) -> list[Member]:
        query = select(members).where(members.c.community == community, members.c.is_staff).order_by(members.c.name)
        with self._engine.connect() as connection:
            rows = connection.execute(query)
            return [Member(**{name: row._mapping[name] for name in Member.model_fields}) for row in rows]

    def count(self, community: str) -> int:
        query = select(func.count()).select_from(messages).where(messages.c.community == community)
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def newest(self, community: str) -> datetime | None:
        query = select(messages.c.at).where(messages.c.community == community).order_by(messages.c.at.desc()).limit(1)
        with self._engine.connect() as connection:
            return connection.scalar(query)


def _table(name: str) -> Table:
    """The table of that name, where an argument hides it."""
    return metadata.tables[name]


def _pending(query: Select[Any], community: str) -> Select[Any]:
    stale = messages.c.indexed.is_distinct_from(messages.c.digest)
    return query.select_from(messages).where(messages.c.community == community, stale)


def _save_messages(connection: Connection, community: str, incoming: Sequence[Message]) -> Saved:
    newest: dict[str, Message] = {}
    for message in incoming:
        if message.id not in newest or message.version >= newest[message.id].version:
            newest[message.id] = message
    stored: dict[str, Message] = {}
    for batch in in_batches(newest):
        query = select(messages).where(messages.c.community == community, messages.c.id.in_(batch))
        stored |= {row.id: _message(row) for row in connection.execute(query)}
    added = [m for m in newest.values() if m.id not in stored]
    changed = [m for m in newest.values() if m.id in stored and m != stored[m.id] and m.version >= stored[m.id].version]
    # `indexed` is not among the values: a message whose text is unchanged stays indexed.
    upsert(
        connection,
        messages,
        [{"community": community, "digest": m.digest, **m.model_dump()} for m in (*added, *changed)],
    )
    return Saved(len(added), len(changed), len(incoming) - len(added) - len(changed))


def _posts(community: str) -> Select[Any]:
    joined = (
        messages.join(signals, (signals.c.community == messages.c.community) & (signals.c.message == messages.c.id))
        .outerjoin(members, (members.c.community == messages.c.community) & (members.c.id == messages.c.author))
        .outerjoin(channels, (channels.c.community == messages.c.community) & (channels.c.id == messages.c.channel))
    )
    return (
        select(
            messages,
            *(column for column in signals.c if column.name not in ("community", "message")),
            members.c.name.label("author_name"),
            members.c.is_bot.label("author_is_bot"),
            members.c.joined.label("author_joined"),
            channels.c.name.label("channel_name"),
            channels.c.visibility,
        )
        .select_from(joined)
        .where(messages.c.community == community)
    )


_MESSAGE_FIELDS = tuple(Message.model_fields)
_SIGNAL_FIELDS = tuple(Signals.model_fields)


def _message(row: Row[Any]) -> Message:
    # The values were validated when they came in; validating 50,000 rows again would take seconds.
    values = row._mapping
    return Message.model_construct(**{name: values[name] for name in _MESSAGE_FIELDS})


def _post(row: Row[Any]) -> Post:
    values = row._mapping
    return Post.model_construct(
        message=_message(row),
        signals=Signals.model_construct(**{name: values[name] for name in _SIGNAL_FIELDS}),
        author_name=row.author_name or row.author,
        author_is_bot=bool(row.author_is_bot),
        author_joined=row.author_joined,
        channel_name=row.channel_name or row.channel,
        visibility=row.visibility or "public",
    )
