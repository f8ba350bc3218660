"""The tables of the community, and the message store over them. SQLite or PostgreSQL, through SQLAlchemy Core."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
    case,
    cast,
    delete,
    event,
    false,
    func,
    literal,
    make_url,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy import create_engine as sa_create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from knowledge.adapters.sql_terms import Rarity, best, candidates
from knowledge.errors import ForgottenMeanwhile, StoreBusy, StoreUnreachable
from knowledge.messages import EMPTIED, Channel, Contents, Kind, Member, Message, Post, Signals
from knowledge.ports import Filters, Redaction, Saved, Understood, key_of

Key = TypeVar("Key", str, bytes)

BATCH = 500
"""Ids in one IN clause: below SQLite's limit on variables."""
CANDIDATES = 80
"""Messages, at least, of which all terms are compared with those asked for."""


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

communities = Table(
    "communities",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("name", Text),
    # The embedder whose vector index is searched; another one may be on its way.
    Column("serving", Text),
)

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
    Column("roles", JSON, nullable=False, server_default="[]"),
)

_ADMITTED = ("id", "kind", "deleted")
messages = Table(
    "messages",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("id", String(300), primary_key=True),
    Column("channel", String(300), nullable=False),
    Column("author", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("kind", String(16), nullable=False, server_default="post"),
    Column("at", UtcDateTime, nullable=False),
    Column("thread", String(300), nullable=False),
    Column("reply_to", String(300)),
    Column("title", Text),
    Column("rating", Float),
    Column("reactions", JSON, nullable=False),
    Column("edited", UtcDateTime),
    Column("url", Text),
    Column("accepted", Boolean, nullable=False, server_default=false()),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    Column("digest", String(32), nullable=False),
    # The digest and embedder with which the message stands in the vector index; anything else means "index it".
    Column("indexed", String(48)),
    # What is understood of it: all of it or nothing.
    Column("language", String(8)),
    Column("language_p", Float),
    Column("sentiment", String(16)),
    Column("sentiment_p", Float),
    Column("intent", String(16)),
    Column("intent_p", Float),
    Index("ix_messages_author", "community", "author"),
    Index("ix_messages_thread", "community", "thread"),
    # These answer which messages a filter admits without reading the messages.
    Index("ix_messages_at", "community", "at", *_ADMITTED),
    Index("ix_messages_channel", "community", "channel", "at", *_ADMITTED),
    Index("ix_messages_language", "community", "language", *_ADMITTED),
    Index("ix_messages_rating", "community", "rating", *_ADMITTED),
)

# What the search by words compares (knowledge.terms), parted by spaces. Its index is made by the migrations: FTS5 on
# SQLite, a text search vector on PostgreSQL.
terms = Table(
    "terms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("community", String(48), nullable=False),
    Column("message", String(300), nullable=False),
    Column("terms", Text, nullable=False),
    UniqueConstraint("community", "message"),
    ForeignKeyConstraint(["community", "message"], ["messages.community", "messages.id"], ondelete="CASCADE"),
)

# Who asked to be forgotten, so that a later import does not bring them back: only a digest of their id is kept.
forgotten = Table(
    "forgotten",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("member", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("receipt", JSON, nullable=False),
)


# What is deleted is overwritten, not only marked as free.
_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON", "secure_delete=ON"),
    f"mmap_size={1 << 30}",
)


def create_engine(url: str) -> Engine:
    """Connect to SQLite (write-ahead log, waits up to 30 s for a writer) or PostgreSQL.

    Whatever store works with it raises StoreUnreachable where the database fails.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        # Its usual address names no driver; a connection that the server has dropped is replaced.
        engine = sa_create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    else:
        engine = sa_create_engine(address)

    @event.listens_for(engine, "handle_error", retval=True)
    def _translate(context: ExceptionContext) -> StoreUnreachable | None:
        error = context.sqlalchemy_exception
        return unreachable(error) if isinstance(error, DBAPIError) and not isinstance(error, _OURS) else None

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            for pragma in _PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


_UNKNOWN: dict[str, Any] = dict.fromkeys(Signals.model_fields)
"""A message of which nothing is understood."""
_UNDERSTOOD = messages.c.sentiment.is_not(None)  # not its language: that has an index, which would be read for it
_NEVER = datetime.fromtimestamp(0, UTC)

_OURS = (DataError, IntegrityError, ProgrammingError)
"""Mistakes of this program, not to be taken for the database's."""


def unreachable(error: SQLAlchemyError | ImportError) -> StoreUnreachable:
    """What a person is told of a database that fails: neither SQL, nor its parameters, nor a password."""
    reason = error.orig if isinstance(error, DBAPIError) else error
    return StoreUnreachable(f"The database does not answer: {reason}. Check HEARTHSIDE_DATABASE_URL.")


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str] | None = None
) -> None:
    """Insert rows, replacing those whose key (the primary one) exists. The rows must have the same columns."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(table)
    keys = keys or [column.name for column in table.primary_key]
    replaced = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        insert.on_conflict_do_update(index_elements=keys, set_=replaced)
        if replaced
        else insert.on_conflict_do_nothing(),
        list(rows),
    )


def in_batches(ids: Iterable[Key]) -> list[list[Key]]:
    """Distinct ids, in lists short enough for one IN clause."""
    distinct = list(dict.fromkeys(ids))
    return [distinct[start : start + BATCH] for start in range(0, len(distinct), BATCH)]


class SqlMessageStore:
    """`knowledge.ports.MessageStore` over a SQL database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rarity = Rarity()

    @contextmanager
    def _writing(self, community: str) -> Iterator[Connection]:
        """A transaction that no other writer disturbs: what is read in it is still so when it writes."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(community))))
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def communities(self) -> dict[str, str]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(communities.c.id, communities.c.name).order_by(communities.c.id))
            return {row.id: row.name for row in rows}

    def save_community(self, community: str, name: str) -> None:
        with self._writing(community) as connection:
            upsert(connection, communities, [{"id": community, "name": name}])

    def save(
        self,
        community: str,
        *,
        messages: Sequence[Message] = (),
        members: Sequence[Member] = (),
        channels: Sequence[Channel] = (),
        contents: Sequence[Contents] = (),
        forgotten: Collection[str] | None = None,
    ) -> Saved:
        with self._writing(community) as connection:
            if forgotten is not None:
                noted = _table("forgotten").c
                if not set(forgotten) >= {
                    *connection.scalars(select(noted.member).where(noted.community == community))
                }:
                    raise ForgottenMeanwhile("Somebody was forgotten meanwhile. Read the export again.")
            upsert(connection, _table("channels"), [{"community": community, **c.model_dump()} for c in channels])
            nameless = [member.id for member in members if member.name == member.id]
            known = _told(connection, _table("members").c.name, community, nameless)
            # An export without names takes nobody's name away.
            named = [{**m.model_dump(), "name": known.get(m.id, m.name) if m.name == m.id else m.name} for m in members]
            upsert(connection, _table("members"), [{"community": community, **each} for each in named])
            saved = _save_messages(connection, community, messages)
            return saved + Saved(changed=sum(_leave_only(connection, community, each) for each in contents))

    def bylines(self, community: str, ids: Iterable[str]) -> dict[str, tuple[str, datetime, str]]:
        found: dict[str, tuple[str, datetime, str]] = {}
        of_posts = (messages.c.community == community) & ~messages.c.deleted & (messages.c.kind != "document")
        with self._engine.connect() as connection:
            for batch in in_batches(ids):
                query = select(messages.c.id, messages.c.author, messages.c.at, messages.c.text).where(
                    of_posts, messages.c.id.in_(batch)
                )
                found |= {row.id: (row.author, row.at, row.text) for row in connection.execute(query)}
        return found

    def pending(self, community: str, embedder: str, limit: int, after: Message | None = None) -> list[Message]:
        query = _pending(select(messages), community, embedder).order_by(messages.c.at, messages.c.id).limit(limit)
        if after is not None:
            place = tuple_(literal(after.at, UtcDateTime), literal(after.id))
            query = query.where(tuple_(messages.c.at, messages.c.id) > place)
        with self._engine.connect() as connection:
            return [_message(row) for row in connection.execute(query)]

    def count_pending(self, community: str, embedder: str) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(_pending(select(func.count()), community, embedder)) or 0

    def languages_of(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for batch in in_batches(ids):
                query = select(messages.c.id, messages.c.language).where(
                    messages.c.community == community, messages.c.id.in_(batch), _UNDERSTOOD
                )
                found |= {row.id: row.language for row in connection.execute(query)}
        return found

    def mark_indexed(self, community: str, embedder: str, indexed: Sequence[Understood]) -> set[str]:
        ids = {each.message.id for each in indexed}
        one = (messages.c.community == community) & (messages.c.id == bindparam("of"))
        values: dict[str, Any] = {name: bindparam(name) for name in ("indexed", *_SIGNAL_FIELDS)}
        with self._writing(community) as connection:
            there = _told(connection, messages.c.id, community, ids)
            left = [each for each in indexed if each.message.id in there]
            words = [{"community": community, "message": m.id, "terms": " ".join(found)} for m, _, found in left]
            known = [{"of": m.id, "indexed": _mark(m.digest, embedder), **each.model_dump()} for m, each, _ in left]
            upsert(connection, terms, words, keys=("community", "message"))
            if known:
                connection.execute(update(messages).where(one).values(values), known)
        return ids - there.keys()

    def gone(self, community: str, limit: int) -> dict[str, Kind]:
        query = select(messages.c.id, messages.c.kind).where(
            messages.c.community == community, messages.c.deleted, messages.c.indexed.is_not(None)
        )
        with self._engine.connect() as connection:
            return {row.id: row.kind for row in connection.execute(query.limit(limit))}

    def mark_gone(self, community: str, ids: Iterable[str]) -> None:
        with self._writing(community) as connection:
            for batch in in_batches(ids):
                gone = (messages.c.community == community) & messages.c.id.in_(batch)
                _forget_terms(connection, community, gone)
                connection.execute(update(messages).where(gone).values(**_UNKNOWN, indexed=None))

    def forget_index(self, community: str, ids: Iterable[str] | None = None) -> None:
        everything = update(messages).where(messages.c.community == community).values(indexed=None)
        with self._writing(community) as connection:
            if ids is None:
                connection.execute(everything)
            else:
                for batch in in_batches(ids):
                    connection.execute(everything.where(messages.c.id.in_(batch)))

    def indexed_ids(self, community: str, embedder: str) -> dict[str, Kind]:
        query = select(messages.c.id, messages.c.kind).where(
            messages.c.community == community, ~messages.c.deleted, messages.c.indexed == _current(embedder)
        )
        with self._engine.connect() as connection:
            return {row.id: row.kind for row in connection.execute(query)}

    def serving(self, community: str) -> str | None:
        with self._engine.connect() as connection:
            return connection.scalar(select(communities.c.serving).where(communities.c.id == community))

    def serve(self, community: str, embedder: str) -> None:
        with self._writing(community) as connection:
            connection.execute(update(communities).where(communities.c.id == community).values(serving=embedder))

    def posts(self, community: str, filters: Filters = Filters(), *, newest: int | None = None) -> list[Post]:
        query = _posts(community, filters)
        if newest is not None:
            query = query.order_by(messages.c.at.desc(), messages.c.id.desc()).limit(newest)
        with self._engine.connect() as connection:
            found = [_post(row) for row in connection.execute(query)]
        # Asked to sort, SQLite reads the whole community by time rather than a thread or an author by their index.
        return sorted(found, key=lambda post: (post.message.at, post.message.id))

    def get(self, community: str, ids: Iterable[str]) -> dict[str, Post]:
        found: dict[str, Post] = {}
        with self._engine.connect() as connection:
            for batch in in_batches(ids):
                rows = connection.execute(_posts(community).where(messages.c.id.in_(batch)))
                found |= {row.id: _post(row) for row in rows}
        return found

    def matching(
        self,
        community: str,
        asked: Sequence[Sequence[Sequence[str]]],
        count: int,
        filters: Filters = Filters(),
        among: Collection[str] | None = None,
    ) -> list[list[tuple[str, float]]]:
        known = frozenset(among) if among is not None else None
        most = max(CANDIDATES, 2 * count)
        limit = most if known is None else None
        with self._engine.connect() as connection:
            weights = self._rarity.weights(connection, asked)
            while True:
                found = [candidates(connection, community, each.rarest, limit) for each in weights]
                first = [[id_ for id_ in some if known is None or id_ in known][:most] for some in found]
                ids = [id_ for some in first for id_ in some]
                texts = _terms(connection, community, ids, filters if known is None else None)
                left = [[id_ for id_ in some if id_ in texts] for some in first]
                # Most of what uses a term is not needed, but where the filters leave out most of the first.
                met = [len(few) >= count or len(some) < most for few, some in zip(left, found, strict=True)]
                if limit is None or all(met):
                    break
                limit = most = 4 * limit
        scored = zip(left, weights, strict=True)
        return [best({id_: texts[id_] for id_ in some}, each, count) for some, each in scored]

    def admitted(self, community: str, filters: Filters, limit: int) -> list[str] | None:
        found = _filtered(select(messages.c.id), community, filters).limit(limit + 1).subquery()
        with self._engine.connect() as connection:
            # Counted first, which is quick, and handed out as one value: 15,000 rows would take 20 ms.
            if (connection.scalar(select(func.count()).select_from(found)) or 0) > limit:
                return None
            as_json = func.json_agg if connection.dialect.name == "postgresql" else func.json_group_array
            listed = connection.scalar(select(cast(as_json(found.c.id), Text)))
            return json.loads(listed) if listed else []

    def admissible(self, community: str, filters: Filters, ids: Sequence[str]) -> set[str]:
        query, found = _filtered(select(messages.c.id), community, filters), set[str]()
        with self._engine.connect() as connection:
            for batch in in_batches(ids):
                found |= set(connection.scalars(query.where(messages.c.id.in_(batch))))
        return found

    def terms(self, community: str, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        with self._engine.connect() as connection:
            return {id_: frozenset(found) for id_, found in _terms(connection, community, ids).items()}

    def staff(self, community: str) -> list[Member]:
        query = select(members).where(members.c.community == community, members.c.is_staff).order_by(members.c.name)
        with self._engine.connect() as connection:
            return [_member(row) for row in connection.execute(query)]

    def members(self, community: str, name: str) -> list[Member]:
        query = select(members).where(members.c.community == community).order_by(members.c.id)
        with self._engine.connect() as connection:
            # Compared here: SQLite knows no case but that of ASCII.
            wanted = name.strip().casefold()
            rows = [row for row in connection.execute(query) if wanted in (row.id.casefold(), row.name.casefold())]
            return [_member(row) for row in rows]

    def names(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        with self._engine.connect() as connection:
            return _told(connection, members.c.name, community, ids)

    def all_names(self, community: str) -> set[str]:
        query = select(members.c.name).distinct().where(members.c.community == community)
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def channels(self, community: str) -> dict[str, Channel]:
        query = select(channels.c.id, channels.c.name, channels.c.visibility).where(channels.c.community == community)
        with self._engine.connect() as connection:
            return {row.id: Channel(**row._mapping) for row in connection.execute(query)}

    def threads(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        with self._engine.connect() as connection:
            return _told(connection, messages.c.thread, community, ids)

    def merge_members(self, community: str, aliases: Mapping[str, str]) -> None:
        # Every command comes by here: those that only read must not wait for a writer.
        if not self.names(community, aliases) and not any(self.everything(community, aliases)):
            return
        with self._writing(community) as connection:
            for alias, id_ in aliases.items():
                written = (messages.c.community == community) & (messages.c.author == alias)
                connection.execute(update(messages).where(written).values(author=id_))
                theirs = (members.c.community == community) & (members.c.id == alias)
                if not _told(connection, members.c.name, community, [id_]):
                    connection.execute(update(members).where(theirs).values(id=id_))
                connection.execute(delete(members).where(theirs))

    def count(self, community: str) -> int:
        query = select(func.count()).select_from(messages).where(messages.c.community == community, ~messages.c.deleted)
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def newest(self, community: str) -> datetime | None:
        said = select(messages.c.at).where(messages.c.community == community, messages.c.kind != "document")
        query = said.order_by(messages.c.at.desc()).limit(1)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def everything(self, community: str, authors: Collection[str] | None = None) -> Iterator[Message]:
        everything = select(messages).where(messages.c.community == community).execution_options(yield_per=BATCH)
        written = [messages.c.author.in_(ids) for ids in in_batches(authors)] if authors is not None else [true()]
        with self._engine.connect() as connection:
            for condition in written:
                yield from map(_message, connection.execute(everything.where(condition)))

    def withdraw(self, community: str, authors: Collection[str]) -> None:
        # As old as can be, and indexed as nothing: whatever an import brings replaces it, and is indexed again.
        never: dict[str, Any] = {"at": _NEVER, "edited": None, "indexed": case((messages.c.indexed.is_not(None), ""))}
        with self._writing(community) as connection:
            for ids in in_batches(authors):
                written = (messages.c.community == community) & messages.c.author.in_(ids) & ~messages.c.deleted
                _forget_terms(connection, community, written)
                connection.execute(update(messages).where(written).values(**EMPTIED, **_UNKNOWN, rating=None, **never))

    def erase(self, community: str, authors: Collection[str], redact: Redaction) -> int:
        with self._writing(community) as connection:
            count = _delete_members(connection, community, authors) + _redact_messages(connection, community, redact)
            _redact_channels(connection, community, redact)
        _clean_file(self._engine)
        return count

    def forgotten(self, community: str) -> dict[str, Mapping[str, object]]:
        query = select(forgotten.c.member, forgotten.c.receipt).where(forgotten.c.community == community)
        with self._engine.connect() as connection:
            return {row.member: row.receipt for row in connection.execute(query)}

    def save_forgotten(self, community: str, member: str, at: datetime, receipt: Mapping[str, object]) -> None:
        with self._writing(community) as connection:
            upsert(connection, forgotten, [{"community": community, "member": member, "at": at, "receipt": receipt}])


def _table(name: str) -> Table:
    """The table of that name, where an argument hides it."""
    return metadata.tables[name]


def _mark(digest: str, embedder: str) -> str:
    return f"{digest}-{key_of(embedder)}"


def _current(embedder: str) -> ColumnElement[str]:
    """What `indexed` says of a message that stands in this embedder's index as it is now."""
    return messages.c.digest + _mark("", embedder)


def _pending(query: Select[Any], community: str, embedder: str) -> Select[Any]:
    stale = messages.c.indexed.is_distinct_from(_current(embedder))
    return query.select_from(messages).where(messages.c.community == community, ~messages.c.deleted, stale)


def _save_messages(connection: Connection, community: str, incoming: Sequence[Message]) -> Saved:
    newest: dict[str, Message] = {}
    for message in incoming:
        if message.id not in newest or message == newest[message.id] or message.replaces(newest[message.id]):
            newest[message.id] = message.after(newest.get(message.id))
    stored: dict[str, Message] = {}
    for batch in in_batches(newest):
        query = select(messages).where(messages.c.community == community, messages.c.id.in_(batch))
        stored |= {row.id: _message(row) for row in connection.execute(query)}
    added = [m for m in newest.values() if m.id not in stored]
    changed = [m.after(stored[m.id]) for m in newest.values() if m.id in stored and m.replaces(stored[m.id])]
    # `indexed` is not among the values: a message whose text is unchanged stays indexed.
    upsert(
        connection,
        messages,
        [{"community": community, "digest": m.digest, **m.model_dump()} for m in (*added, *changed)],
    )
    return Saved(len(added), len(changed), len(incoming) - len(added) - len(changed))


def _told(connection: Connection, column: Column[str], community: str, ids: Iterable[str]) -> dict[str, str]:
    """Id -> what stands in this column of its row."""
    table, found = column.table, dict[str, str]()
    for batch in in_batches(ids):
        query = select(table.c.id, column).where(table.c.community == community, table.c.id.in_(batch))
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def _leave_only(connection: Connection, community: str, contents: Contents) -> int:
    """Empty and mark as deleted what else stands in a thread. Returns how many messages that were."""
    there = select(messages.c.id).where(
        messages.c.community == community, messages.c.thread == contents.thread, ~messages.c.deleted
    )
    left = [id_ for id_ in connection.scalars(there) if id_ not in set(contents.ids)]
    for batch in in_batches(left):
        one = (messages.c.community == community) & messages.c.id.in_(batch)
        connection.execute(update(messages).where(one).values(**EMPTIED))
    return len(left)


def _delete_members(connection: Connection, community: str, ids: Collection[str]) -> int:
    """Delete members with what they wrote; what is known of it goes along. Returns how many messages that were."""
    count = 0
    for batch in in_batches(ids):
        written = (messages.c.community == community) & messages.c.author.in_(batch)
        _forget_terms(connection, community, written)
        count += connection.execute(delete(messages).where(written)).rowcount
        connection.execute(delete(members).where(members.c.community == community, members.c.id.in_(batch)))
    return count


def _redact_messages(connection: Connection, community: str, redact: Redaction) -> int:
    """Returns how many have changed. Where the words have, what was understood of them goes."""
    query = select(messages).where(messages.c.community == community)
    stored = map(_message, connection.execute(query.execution_options(yield_per=BATCH)))
    changed = [(message, new) for message in stored if (new := redact(message)) != message]
    for message, new in changed:
        values = {**new.model_dump(), "digest": new.digest}
        if (new.id, new.digest) != (message.id, message.digest):
            values |= {**_UNKNOWN, "indexed": None}
            _forget_terms(connection, community, (messages.c.community == community) & (messages.c.id == message.id))
        if new.id != message.id:  # cut off the last time, an import may have brought the redacted one already
            again = (messages.c.community == community) & (messages.c.id == new.id)
            connection.execute(delete(messages).where(again))
        one = (messages.c.community == community) & (messages.c.id == message.id)
        connection.execute(update(messages).where(one).values(**values))
    return len(changed)


def _terms(
    connection: Connection, community: str, ids: Iterable[str], filters: Filters | None = None
) -> dict[str, list[str]]:
    """The terms of those messages that the filters admit."""
    query = select(terms.c.message, terms.c.terms).where(terms.c.community == community)
    if filters is not None:
        query = _filtered(query.join(messages, messages.c.id == terms.c.message), community, filters)
    found: dict[str, list[str]] = {}
    for batch in in_batches(ids):
        rows = connection.execute(query.where(terms.c.message.in_(batch)))
        found |= {row.message: row.terms.split() for row in rows}
    return found


def _forget_terms(connection: Connection, community: str, which: ColumnElement[bool]) -> None:
    """Of these messages."""
    theirs = terms.c.message.in_(select(messages.c.id).where(which))
    connection.execute(delete(terms).where(terms.c.community == community, theirs))


def _redact_channels(connection: Connection, community: str, redact: Redaction) -> None:
    for row in connection.execute(select(channels).where(channels.c.community == community)).all():
        channel = Channel(id=row.id, name=row.name, visibility=row.visibility)
        if (new := redact(channel)) != channel:
            connection.execute(delete(channels).where(channels.c.community == community, channels.c.id == channel.id))
            upsert(connection, channels, [{"community": community, **new.model_dump()}])


def _clean_file(engine: Engine) -> None:
    """Leave nothing of what was deleted in the database's files.

    SQLite: the index of words is made anew (FTS5 keeps deleted words until its segments are merged), the file is
    written anew, and the write-ahead log is emptied into it. PostgreSQL: dead rows are freed to be written over, and
    its statistics made anew; its own write-ahead log, replicas and backups keep them for as long as they are kept.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            # The planner's statistics quote values: they are made anew.
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            return
        connection.exec_driver_sql("INSERT INTO terms_index(terms_index) VALUES ('rebuild')")
        connection.exec_driver_sql("VACUUM")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
    if busy:
        raise StoreBusy(
            "Another process is reading the database, so that what was deleted may still stand in its write-ahead log. "
            "Close that process, and do the same again."
        )


def _posts(community: str, filters: Filters | None = None) -> Select[Any]:
    """Messages with what is known of them, their authors and their channels; any, or those that the filters admit."""
    joined = messages.outerjoin(
        members, (members.c.community == messages.c.community) & (members.c.id == messages.c.author)
    ).outerjoin(channels, (channels.c.community == messages.c.community) & (channels.c.id == messages.c.channel))
    query = select(
        messages,
        members.c.name.label("author_name"),
        members.c.is_bot.label("author_is_bot"),
        members.c.joined.label("author_joined"),
        channels.c.name.label("channel_name"),
        channels.c.visibility,
    ).select_from(joined)
    if filters is not None:
        return _filtered(query, community, filters).where(_UNDERSTOOD)
    return query.where(messages.c.community == community, ~messages.c.deleted, _UNDERSTOOD)


def _filtered(query: Select[Any], community: str, filters: Filters) -> Select[Any]:
    kind = messages.c.kind
    conditions = [
        messages.c.community == community,
        ~messages.c.deleted,
        kind == filters.kind if filters.kind else kind != "document",
    ]
    for column, value in (
        (messages.c.channel, filters.channel),
        (messages.c.author, filters.author),
        (messages.c.thread, filters.thread),
        (messages.c.language, filters.language),
    ):
        if value is not None:
            conditions.append(column == value)
    if filters.since is not None:
        conditions.append(messages.c.at >= filters.since)
    if filters.until is not None:
        conditions.append(messages.c.at <= filters.until)
    if filters.min_rating is not None:
        conditions.append(messages.c.rating >= filters.min_rating)
    if filters.max_rating is not None:
        conditions.append(messages.c.rating <= filters.max_rating)
    if filters.public_only:
        private = (channels.c.community == community) & (channels.c.visibility == "private")
        conditions.append(messages.c.channel.not_in(select(channels.c.id).where(private)))
    return query.where(*conditions)


_MESSAGE_FIELDS = tuple(Message.model_fields)
_SIGNAL_FIELDS = tuple(Signals.model_fields)


def _member(row: Row[Any]) -> Member:
    return Member(**{name: row._mapping[name] for name in Member.model_fields})


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
