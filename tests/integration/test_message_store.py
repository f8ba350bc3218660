"""What every message store promises: the shipped fake, SQLite and PostgreSQL with the real migrations."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.exc import StatementError

from assistant.adapters.database import open_database
from knowledge.adapters import sql as tables
from knowledge.adapters.memory import MemoryMessageStore
from knowledge.adapters.sql import BATCH, SqlMessageStore, create_engine
from knowledge.errors import ForgottenMeanwhile
from knowledge.messages import Channel, Contents, Member, Message, Post
from knowledge.ports import Filters, MessageStore, Saved, Understood
from knowledge.terms import ask, terms
from tests.making import NOW, message, signals

CLUB = "club"


EMBEDDER = "words"


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[SqlMessageStore]:
    yield from opened(sqlite_url)


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[SqlMessageStore]:
    yield from opened(postgres_url)


def opened(url: str) -> Iterator[SqlMessageStore]:
    engine = create_engine(url)
    yield SqlMessageStore(engine)
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> MessageStore:
    made: MessageStore = MemoryMessageStore() if request.param == "memory" else request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def sql(request: pytest.FixtureRequest) -> SqlMessageStore:
    found: SqlMessageStore = request.getfixturevalue(request.param)
    return found


def save(store: MessageStore, *messages: Message, community: str = CLUB) -> Saved:
    return store.save(community, messages=messages)


def said(store: MessageStore) -> set[str]:
    return {each.text for each in store.everything(CLUB) if not each.deleted}


def understood(each: Message, language: str = "en") -> Understood:
    return Understood(each, signals(language=language), terms(each.full_text, language))


def mark(
    store: MessageStore, *messages: Message, community: str = CLUB, language: str = "en", embedder: str = EMBEDDER
) -> None:
    store.mark_indexed(community, embedder, [understood(each, language) for each in messages])


def save_indexed(store: MessageStore, *messages: Message, community: str = CLUB, language: str = "en") -> None:
    save(store, *messages, community=community)
    mark(store, *messages, community=community, language=language)


def pending(store: MessageStore, limit: int = 99, embedder: str = EMBEDDER) -> list[str]:
    return [each.id for each in store.pending(CLUB, embedder, limit)]


def ids(posts: list[Post]) -> list[str]:
    return [post.message.id for post in posts]


def test_a_new_store_is_empty(store: MessageStore) -> None:
    assert store.communities() == {}
    assert not store.posts(CLUB)
    assert not store.pending(CLUB, EMBEDDER, 9)
    assert not store.staff(CLUB)
    assert store.count(CLUB) == store.count_pending(CLUB, EMBEDDER) == 0
    assert store.newest(CLUB) is None
    assert store.get(CLUB, ["m1"]) == {}


def test_communities_are_listed_by_id_under_their_latest_name(store: MessageStore) -> None:
    for id_, name in (("b", "Bees"), ("a", "Ants"), ("b", "The Bees")):
        store.save_community(id_, name)
    assert list(store.communities().items()) == [("a", "Ants"), ("b", "The Bees")]


def test_a_message_comes_back_as_it_went_in(store: MessageStore) -> None:
    full = message(
        "7/1",
        "Zażółć gęślą jaźń 👩‍🌾 می‌خواهم\n\tnext “line”",
        at=datetime(2025, 12, 1, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        edited=NOW,
        thread="7/0",
        reply_to="7/0",
        title="Leaks",
        rating=4.1,
        reactions={"heart": 2, "👍": 1},
        url="https://x.example/7",
    )
    save(store, full)
    assert store.pending(CLUB, EMBEDDER, 9) == [full]


def test_a_message_without_extras_comes_back_without_them(store: MessageStore) -> None:
    save(store, message("m1"))
    assert store.pending(CLUB, EMBEDDER, 9) == [message("m1")]


@pytest.mark.parametrize("text", ["x" * 100_000, "'; DROP TABLE messages; --", "%s %(a)s {} :name ?", "\ufffe"])
def test_a_text_is_only_a_text(text: str, store: MessageStore) -> None:
    save_indexed(store, message("m1", text))
    assert [post.message.text for post in store.posts(CLUB)] == [text]


def test_the_same_again_changes_nothing(store: MessageStore) -> None:
    assert save(store, message("m1"), message("m2")) == Saved(added=2)
    assert save(store, message("m1"), message("m2")) == Saved(unchanged=2)


def test_the_same_moment_in_another_zone_is_the_same(store: MessageStore) -> None:
    save(store, message(at=NOW))
    assert save(store, message(at=NOW.astimezone(timezone(timedelta(hours=3))))) == Saved(unchanged=1)


def test_a_newer_version_replaces_an_older_one(store: MessageStore) -> None:
    save(store, message(text="It leaks."))
    assert save(store, message(text="It holds.", edited=NOW)) == Saved(changed=1)
    assert [each.text for each in store.pending(CLUB, EMBEDDER, 9)] == ["It holds."]


def test_an_older_version_never_replaces_a_newer_one(store: MessageStore) -> None:
    save(store, message(text="It holds.", edited=NOW))
    assert save(store, message(text="It leaks.")) == Saved(unchanged=1)
    assert [each.text for each in store.pending(CLUB, EMBEDDER, 9)] == ["It holds."]


def test_the_same_version_with_other_words_is_a_change(store: MessageStore) -> None:
    save(store, message(text="It leaks."))
    assert save(store, message(text="It [removed].")) == Saved(changed=1)


def test_of_one_message_given_twice_the_newest_counts(store: MessageStore) -> None:
    assert save(store, message(text="It holds.", edited=NOW), message(text="It leaks.")) == Saved(1, 0, 1)
    assert [each.text for each in store.pending(CLUB, EMBEDDER, 9)] == ["It holds."]


def test_nothing_is_saved_without_a_fuss(store: MessageStore) -> None:
    assert store.save(CLUB) == Saved()


def test_many_messages_are_saved_at_once(store: MessageStore) -> None:
    messages = [message(f"m{n}") for n in range(2 * BATCH + 7)]
    assert save(store, *messages) == Saved(added=len(messages))
    assert save(store, *messages) == Saved(unchanged=len(messages))
    assert store.count(CLUB) == store.count_pending(CLUB, EMBEDDER) == len(messages)


def test_what_is_new_is_pending_oldest_first(store: MessageStore) -> None:
    save(store, message("b", at=NOW), message("c", at=NOW - timedelta(days=1)), message("a", at=NOW))
    assert pending(store) == ["c", "a", "b"]
    assert pending(store, 2) == ["c", "a"]
    first, second, third = store.pending(CLUB, EMBEDDER, 9)
    assert store.pending(CLUB, EMBEDDER, 9, first) == [second, third]
    assert store.pending(CLUB, EMBEDDER, 1, first) == [second]
    assert store.pending(CLUB, EMBEDDER, 9, third) == []


def test_what_is_indexed_is_not_pending(store: MessageStore) -> None:
    save(store, message("m1"), message("m2"))
    mark(store, message("m1"))
    assert pending(store) == ["m2"]
    assert (store.count(CLUB), store.count_pending(CLUB, EMBEDDER)) == (2, 1)


@pytest.mark.parametrize("changes", [{"text": "It holds."}, {"title": "News"}])
def test_a_change_of_the_words_is_pending_again(changes: dict[str, str], store: MessageStore) -> None:
    save_indexed(store, message())
    save(store, message(**changes, edited=NOW))
    assert pending(store) == ["m1"]


def test_a_change_of_anything_else_is_not(store: MessageStore) -> None:
    save_indexed(store, message())
    assert save(store, message(reactions={"heart": 3}, edited=NOW)) == Saved(changed=1)
    assert pending(store) == []
    assert store.posts(CLUB)[0].message.reactions == {"heart": 3}


def test_marking_an_outdated_state_leaves_the_present_one_pending(store: MessageStore) -> None:
    save(store, message(text="It leaks."))
    save(store, message(text="It holds.", edited=NOW))
    mark(store, message(text="It leaks."))
    assert pending(store) == ["m1"]


def test_marking_twice_keeps_the_latest_signals(store: MessageStore) -> None:
    save_indexed(store, message(), language="sv")
    mark(store, message(), language="pl")
    assert store.languages_of(CLUB, ["m1"]) == {"m1": "pl"}


def test_nothing_is_marked_without_a_fuss(store: MessageStore) -> None:
    store.mark_indexed(CLUB, EMBEDDER, [])
    assert store.posts(CLUB) == []


def test_to_forget_the_index_makes_everything_pending_in_one_community(store: MessageStore) -> None:
    save_indexed(store, message("m1"), message("m2"))
    save_indexed(store, message("m1"), community="other")
    store.forget_index(CLUB)
    assert pending(store) == ["m1", "m2"]
    assert store.count_pending("other", EMBEDDER) == 0


def test_what_was_indexed_can_still_be_read_while_it_is_indexed_again(store: MessageStore) -> None:
    save_indexed(store, message("m1"))
    store.forget_index(CLUB)
    assert ids(store.posts(CLUB)) == ["m1"]


def test_languages_are_known_of_what_is_indexed(store: MessageStore) -> None:
    save_indexed(store, message("m1"), language="sv")
    save(store, message("m2"))
    assert store.languages_of(CLUB, ["m1", "m2", "m3", "m1"]) == {"m1": "sv"}
    assert store.languages_of("other", ["m1"]) == store.languages_of(CLUB, []) == {}


def test_posts_are_what_is_indexed_oldest_first(store: MessageStore) -> None:
    save_indexed(store, message("b", at=NOW), message("c", at=NOW - timedelta(days=1)), message("a", at=NOW))
    save(store, message("waiting"))
    assert ids(store.posts(CLUB)) == ["c", "a", "b"]


def test_of_many_posts_the_newest_are_given_oldest_first(store: MessageStore) -> None:
    save_indexed(store, *(message(f"m{n}", at=NOW - timedelta(days=n)) for n in range(5)))
    assert ids(store.posts(CLUB, newest=2)) == ["m1", "m0"]
    assert ids(store.posts(CLUB, Filters(until=NOW - timedelta(days=2)), newest=9)) == ["m4", "m3", "m2"]
    assert store.posts(CLUB, newest=0) == []


def test_a_post_knows_its_author_and_channel(store: MessageStore) -> None:
    joined = NOW - timedelta(days=100)
    store.save(
        CLUB,
        messages=[message()],
        members=[Member(id="anna", name="Anna Nowak", joined=joined, is_bot=True)],
        channels=[Channel(id="general", name="#general", visibility="private")],
    )
    mark(store, message())
    assert store.posts(CLUB) == [
        Post(
            message=message(),
            signals=signals(),
            author_name="Anna Nowak",
            author_is_bot=True,
            author_joined=joined,
            channel_name="#general",
            visibility="private",
        )
    ]


def test_a_post_of_a_stranger_in_an_unknown_channel_is_named_by_their_ids(store: MessageStore) -> None:
    save_indexed(store, message())
    (post,) = store.posts(CLUB)
    assert (post.author_name, post.author_is_bot, post.author_joined) == ("anna", False, None)
    assert (post.channel_name, post.visibility) == ("general", "public")


def test_members_can_be_merged_in_one_community(store: MessageStore) -> None:
    for community in (CLUB, "other"):
        store.save(community, messages=[message("m1", author="U1"), message("m2", author="eve")])
        store.save(community, members=[Member(id="U1", name="Anna")])
    store.merge_members(CLUB, {"U1": "anna", "nobody": "eve"})
    authors = {community: [m.author for m in store.pending(community, "words", 9)] for community in (CLUB, "other")}
    assert authors == {CLUB: ["anna", "eve"], "other": ["U1", "eve"]}
    assert (store.members(CLUB, "U1"), len(store.members("other", "U1"))) == ([], 1)
    assert store.names(CLUB, ["anna"]) == {"anna": "Anna"}
    store.save(CLUB, members=[Member(id="U2", name="Anna K.")])
    store.merge_members(CLUB, {"U1": "anna", "U2": "anna"})
    assert store.names(CLUB, ["anna", "U2"]) == {"anna": "Anna"}


def test_members_and_channels_are_brought_up_to_date(store: MessageStore) -> None:
    for name, visibility in (("old", "public"), ("new", "private")):
        channel = Channel.model_validate({"id": "general", "name": name, "visibility": visibility})
        store.save(CLUB, members=[Member(id="anna", name=name)], channels=[channel])
    save_indexed(store, message())
    (post,) = store.posts(CLUB)
    assert (post.author_name, post.channel_name, post.visibility) == ("new", "new", "private")


def test_those_who_run_the_place_are_listed_by_name(store: MessageStore) -> None:
    members = [
        Member(id="m1", name="Maja", is_staff=True, joined=NOW),
        Member(id="m2", name="Bo"),
        Member(id="m3", name="Anna", is_staff=True),
    ]
    store.save(CLUB, members=members)
    assert store.staff(CLUB) == [members[2], members[0]]
    assert store.staff("other") == []


FILTERS = [
    Filters(),
    Filters(since=NOW),
    Filters(since=NOW.astimezone(timezone(timedelta(hours=9)))),
    Filters(until=NOW - timedelta(days=1)),
    Filters(since=NOW - timedelta(days=2), until=NOW - timedelta(days=1)),
    Filters(channel="staff"),
    Filters(author="bo"),
    Filters(thread="m1"),
    Filters(language="sv"),
    Filters(public_only=True),
    Filters(author="bo", public_only=True),
    Filters(channel="nowhere"),
    Filters(kind="review"),
    Filters(kind="document"),
    Filters(kind="poll"),
    Filters(min_rating=4),
    Filters(max_rating=2),
    Filters(min_rating=1, max_rating=5),
    Filters(min_rating=2, language="sv", kind="review"),
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_posts_are_filtered_as_the_filters_say_of_themselves(filters: Filters, store: MessageStore) -> None:
    channels = [Channel(id="general", name="general"), Channel(id="staff", name="staff", visibility="private")]
    store.save(CLUB, channels=channels)
    save_indexed(store, message("m1", at=NOW - timedelta(days=1)), message("m2", at=NOW, channel="elsewhere"))
    save_indexed(store, message("m3", at=NOW, author="bo", channel="staff", thread="m1"), language="sv")
    save_indexed(store, message("m4", at=NOW + timedelta(microseconds=1), author="bo"))
    save_indexed(store, message("m5", kind="review", rating=2), message("m6", kind="review", rating=4.5), language="sv")
    save_indexed(store, message("m7", "The bag policy.", kind="document"))
    everything = [*store.posts(CLUB), *store.posts(CLUB, Filters(kind="document"))]
    assert len(everything) == 7
    admitted = [post for post in everything if filters.admit(post)]
    assert store.posts(CLUB, filters) == admitted
    wanted = {post.message.id for post in admitted}
    assert {id_ for id_, _ in store.matching(CLUB, [[["bag"]]], 9, filters)[0]} == wanted
    assert set(store.admitted(CLUB, filters, 9) or ()) == wanted
    assert store.admitted(CLUB, filters, len(wanted)) is not None
    assert store.admissible(CLUB, filters, [*(f"m{n}" for n in range(9)), "m1"]) == wanted
    assert not wanted or store.admitted(CLUB, filters, len(wanted) - 1) is None


def test_posts_are_found_by_id(store: MessageStore) -> None:
    save_indexed(store, *(message(f"m{n}") for n in range(BATCH + 5)))
    save(store, message("waiting"))
    found = store.get(CLUB, [*(f"m{n}" for n in range(BATCH + 5)), "m0", "waiting", "unknown"])
    assert len(found) == BATCH + 5
    assert all(post.message.id == id_ for id_, post in found.items())


def test_the_newest_message_counts_whether_indexed_or_not(store: MessageStore) -> None:
    save_indexed(store, message("m1", at=NOW - timedelta(days=1)))
    save(store, message("m2", at=NOW), message("m3", at=NOW - timedelta(days=3)))
    assert store.newest(CLUB) == NOW


def test_communities_know_nothing_of_each_other(store: MessageStore) -> None:
    save_indexed(store, message("m1", "ours"))
    save_indexed(store, message("m1", "theirs"), community="other", language="sv")
    store.save("other", members=[Member(id="anna", name="Other Anna")])
    (post,) = store.posts(CLUB)
    assert (post.message.text, post.author_name, post.signals.language) == ("ours", "anna", "en")
    assert store.get("other", ["m1"])["m1"].message.text == "theirs"
    assert store.count(CLUB) == store.count("other") == 1


versions = st.builds(
    lambda id_, text, hour, edit: message(
        id_, text, at=NOW, edited=NOW + timedelta(hours=hour) if hour else None, reactions={"x": edit}
    ),
    st.sampled_from(["m1", "m2"]),
    st.sampled_from(["It leaks.", "It holds."]),
    st.integers(0, 2),
    st.integers(1, 2),
)
steps = st.lists(st.tuples(st.booleans(), st.lists(versions, max_size=4)), max_size=6)


@given(steps)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_fake_and_the_real_store_agree_whatever_is_saved_and_marked(
    sqlite: SqlMessageStore, steps: list[tuple[bool, list[Message]]]
) -> None:
    memory, community = MemoryMessageStore(), f"c{len(sqlite.communities())}"
    sqlite.save_community(community, "")
    for marks, given_ in steps:
        if marks:
            known = [each for each in memory.pending(community, EMBEDDER, 9) if each.id in {m.id for m in given_}]
            for store in (memory, sqlite):
                mark(store, *known, community=community)
        else:
            assert save(sqlite, *given_, community=community) == save(memory, *given_, community=community)
        assert sqlite.pending(community, EMBEDDER, 9) == memory.pending(community, EMBEDDER, 9)
        assert sqlite.posts(community) == memory.posts(community)


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_what_fails_halfway_is_not_there_at_all(sql: SqlMessageStore) -> None:
    save(sql, message("m1"))
    broken = understood(message("m1"))._replace(signals=signals().model_copy(update={"language_p": object()}))
    with pytest.raises(StatementError):
        sql.mark_indexed(CLUB, EMBEDDER, [broken])
    assert pending(sql) == ["m1"]
    assert sql.posts(CLUB) == []


def test_an_export_without_names_takes_nobodys_name_away(store: MessageStore) -> None:
    for name, roles in (
        ("u1", ()),
        ("Anna", ("host",)),
        ("u1", ("guest",)),
        ("Anna K.", ("guest",)),
        ("u1", ("guest",)),
    ):
        store.save(CLUB, members=[Member(id="u1", name=name, roles=roles)])
    assert store.members(CLUB, "u1") == [Member(id="u1", name="Anna K.", roles=("guest",))]


def test_what_was_not_looked_through_for_everybody_who_was_forgotten_is_not_stored(store: MessageStore) -> None:
    store.save(CLUB, messages=[message("m1")], forgotten=[])
    for member in ("one", "two"):
        store.save_forgotten(CLUB, member, NOW, {})
    store.save_forgotten("other", "three", NOW, {})
    for known in ([], ["one"]):
        with pytest.raises(ForgottenMeanwhile):
            store.save(CLUB, messages=[message("m2")], forgotten=known)
    assert pending(store) == ["m1"]
    assert store.save(CLUB, messages=[message("m2")], forgotten=["one", "two", "four"]).added == 1


def test_the_statistics_of_postgresql_do_not_quote_who_was_forgotten(postgresql: SqlMessageStore) -> None:
    save(postgresql, *(message(f"m{n}", f"Canaryword {n}.", author="canary") for n in range(200)), message("of bo"))
    with postgresql._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        quoted = text("SELECT count(*) FROM pg_stats WHERE histogram_bounds::text ILIKE '%canaryword%'")
        connection.execute(text("ANALYZE"))
        assert connection.scalar(quoted)
        postgresql.erase(CLUB, {"canary"}, lambda each: each)
        assert not connection.scalar(quoted)


def test_what_was_forgotten_while_it_was_embedded_is_told_and_not_indexed(store: MessageStore) -> None:
    save(store, message("m1"))
    indexed = [understood(message("m1")), understood(message("m2"))]
    assert store.mark_indexed(CLUB, EMBEDDER, indexed) == {"m2"}
    assert set(store.indexed_ids(CLUB, EMBEDDER)) == {"m1"}


def test_what_is_saved_is_there_for_the_next_process(sqlite: SqlMessageStore, sqlite_url: str) -> None:
    save_indexed(sqlite, message("m1"))
    other = SqlMessageStore(open_database(sqlite_url))
    assert ids(other.posts(CLUB)) == ["m1"]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_several_may_write_at_once(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    stores = [SqlMessageStore(create_engine(url)) for _ in range(2)]

    def write(number: int) -> Saved:
        return save(stores[number % 2], *(message(f"m{number}-{n}") for n in range(20)))

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(write, range(20))) == {Saved(added=20)}
    assert stores[0].count(CLUB) == 400


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_several_may_write_the_same_at_once(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    stores = [SqlMessageStore(create_engine(url)) for _ in range(2)]
    same = [message(f"m{n}") for n in range(50)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: save(stores[n % 2], *(same if n % 4 < 2 else reversed(same))), range(8)))
    assert stores[0].count(CLUB) == 50


def test_what_a_message_is_taken_for_goes_with_it(sql: SqlMessageStore) -> None:
    save_indexed(sql, message("m1"), message("m2", "Lemon cake"))
    with sql._engine.begin() as connection:
        connection.execute(delete(tables.messages).where(tables.messages.c.id == "m1"))
        assert connection.scalars(select(tables.terms.c.message)).all() == ["m2"]
    assert matched(sql, "bag", "lemon") == ["m2"]


def test_a_deleted_message_is_gone_from_all_that_is_given_out(store: MessageStore) -> None:
    save_indexed(store, message("m1"), message("m2"))
    save(store, message("m1", "", deleted=True, edited=NOW))
    assert ids(store.posts(CLUB)) == ["m2"]
    assert store.get(CLUB, ["m1", "m2"]).keys() == {"m2"}
    assert store.count(CLUB) == 1
    assert pending(store) == []
    assert store.admitted(CLUB, Filters(author="anna"), 9) == ["m2"]
    assert store.indexed_ids(CLUB, EMBEDDER).keys() == {"m2"}
    assert store.gone(CLUB, 9) == {"m1": "post"}
    store.mark_gone(CLUB, ["m1"])
    assert store.gone(CLUB, 9) == {}
    assert matched(store, "bag") == ["m2"]
    assert store.languages_of(CLUB, ["m1"]) == {}


def test_a_deleted_message_comes_back_only_by_a_later_edit(store: MessageStore) -> None:
    save_indexed(store, message("m1"))
    save(store, message("m1", "", deleted=True, edited=NOW))
    assert save(store, message("m1")) == Saved(unchanged=1)
    assert save(store, message("m1", edited=NOW + timedelta(hours=1))) == Saved(changed=1)
    assert store.count(CLUB) == 1


@pytest.mark.parametrize("together", [True, False])
def test_what_was_deleted_without_a_time_does_not_come_back_with_an_older_export(
    store: MessageStore, together: bool
) -> None:
    edited = message("m1", "The bag leaks at its seam.", edited=NOW)
    tombstone = message("m1", "", deleted=True)
    if together:
        save(store, edited, tombstone, edited)
    else:
        for each in (edited, tombstone, edited):
            save(store, each)
    assert pending(store) == []
    assert save(store, tombstone) == Saved(unchanged=1)


def test_of_a_document_what_is_given_last_counts(store: MessageStore) -> None:
    newer = message("d1", "We take back within 14 days.", kind="document", thread="doc")
    older = newer.model_copy(update={"text": "We take back within 30 days.", "at": NOW - timedelta(days=400)})
    more = message("d2", "Postage is yours.", kind="document", thread="doc")
    store.save(CLUB, messages=[newer, more], contents=[Contents(thread="doc", ids=("d1", "d2"))])
    store.save(CLUB, messages=[older], contents=[Contents(thread="doc", ids=("d1",))])
    assert said(store) == {older.text}
    store.save(CLUB, messages=[newer, more], contents=[Contents(thread="doc", ids=("d1", "d2"))])
    assert said(store) == {newer.text, more.text}


def test_what_was_deleted_before_it_was_indexed_is_no_work(store: MessageStore) -> None:
    save(store, message("m1"))
    save(store, message("m1", "", deleted=True, edited=NOW))
    assert (store.gone(CLUB, 9), store.count_pending(CLUB, EMBEDDER)) == ({}, 0)


def test_so_many_of_what_is_gone_are_given_as_asked_for(store: MessageStore) -> None:
    save_indexed(store, *(message(f"m{n}") for n in range(5)))
    save(store, *(message(f"m{n}", "", deleted=True, edited=NOW) for n in range(5)))
    assert len(store.gone(CLUB, 3)) == 3


def test_what_a_thread_no_longer_holds_is_deleted(store: MessageStore) -> None:
    save_indexed(store, message("m1"), message("m2", reply_to="m1"), message("m3", reply_to="m1"), message("m4"))
    contents = [Contents(thread="m1", ids=("m1", "m3", "m5"))]
    new = message("m5", reply_to="m1")
    assert store.save(CLUB, messages=[new], contents=contents) == Saved(added=1, changed=1)
    assert store.gone(CLUB, 9) == {"m2": "post"}
    assert ids(store.posts(CLUB)) == ["m1", "m3", "m4"]
    assert store.save(CLUB, contents=contents) == Saved()
    assert store.save("other", contents=contents) == Saved()


def test_each_embedder_has_an_index_of_its_own(store: MessageStore) -> None:
    save(store, message("m1"), message("m2"))
    mark(store, message("m1"), embedder="small")
    assert (pending(store, embedder="small"), pending(store, embedder="large")) == (["m2"], ["m1", "m2"])
    mark(store, message("m1"), embedder="large")
    assert (pending(store, embedder="small"), pending(store, embedder="large")) == (["m1", "m2"], ["m2"])
    assert (store.indexed_ids(CLUB, "small"), store.indexed_ids(CLUB, "large")) == ({}, {"m1": "post"})


def test_what_is_indexed_is_told_with_its_kind(store: MessageStore) -> None:
    save_indexed(store, message("m1"), message("m2", kind="document"))
    save(store, message("m3"))
    assert store.indexed_ids(CLUB, EMBEDDER) == {"m1": "post", "m2": "document"}


def test_single_messages_are_marked_as_not_indexed(store: MessageStore) -> None:
    save_indexed(store, message("m1"), message("m2"))
    store.forget_index(CLUB, ["m2", "unknown"])
    store.forget_index(CLUB, [])
    assert pending(store) == ["m2"]


def test_which_index_serves_is_kept_until_another_does(store: MessageStore) -> None:
    store.save_community(CLUB, "The Club")
    assert store.serving(CLUB) is None
    store.serve(CLUB, "small")
    store.save_community(CLUB, "The New Club")
    assert (store.serving(CLUB), store.serving("other")) == ("small", None)
    store.serve(CLUB, "large")
    assert store.serving(CLUB) == "large"


def matched(store: MessageStore, *words: str, count: int = 9) -> list[str]:
    return [id_ for id_, _ in store.matching(CLUB, [[[word] for word in words]], count)[0]]


def test_the_search_by_words_prefers_rare_words_and_more_of_them(store: MessageStore) -> None:
    common = [message(f"m{n}", "the machine works") for n in range(60)]
    save_indexed(store, *common, message("one", "machine leaks"), message("both", "machine leaks oil"))
    assert matched(store, "leaks", "oil", "machine")[:2] == ["both", "one"]
    assert matched(store, "oil", "oil") == ["both"]
    assert matched(store, "tea") == matched(store) == matched(store, "oil", count=0) == []
    [shares] = store.matching(CLUB, [[["leaks"], ["oil", "petrol"]]], 9)
    assert shares[0] == pytest.approx(("both", 1.0))
    assert shares[1][0] == "one"
    assert 0 < shares[1][1] < 0.5
    assert store.matching(CLUB, [[["oil"]], [], [["tea"]]], 1) == [[("both", 1.0)], [], []]


def test_the_search_by_words_follows_what_changes(store: MessageStore) -> None:
    save_indexed(store, message("m1", "lemon cake"))
    save_indexed(store, message("m1", "apple pie", edited=NOW))
    assert (matched(store, "lemon"), matched(store, "apple")) == ([], ["m1"])


def test_the_search_by_words_knows_only_its_community(store: MessageStore) -> None:
    save_indexed(store, message("m1", "lemon cake"), community="other")
    assert matched(store, "lemon") == []


@pytest.mark.parametrize(
    "text",
    [
        "كتاب",
        "می‌خواهم",
        "zażółć",
        "İstanbul",
        "ñandú",
        "x" * 40,
        "½ price",
        "日本語のテスト",
        "e\u0301te\u0301",
        "ｆｕｌｌ",
    ],
)
def test_words_of_any_script_are_found_as_they_are_stored(text: str, store: MessageStore) -> None:
    save_indexed(store, message("m1", text), language="zz")
    for term in terms(text, "zz"):
        assert matched(store, term) == ["m1"]


@pytest.mark.parametrize("text", ["!!! 👍", "https://x.example/a?b='c'", "' OR 1=1 --", "a'b\"c;d|e&f!g:*h<->i\\j"])
def test_what_looks_like_a_query_is_only_words(text: str, store: MessageStore) -> None:
    save_indexed(store, message("m1", text), message("m2", "lemon cake"), language="zz")
    asked = [term for word in ask(text) for term in (*word.terms, *word.pieces)]
    assert set(matched(store, *asked)) <= {"m1"}


def test_members_are_found_by_id_or_name_in_any_case(store: MessageStore) -> None:
    members = [
        Member(id="U1", name="Åsa Öberg", roles=("vip", "tester")),
        Member(id="U2", name="Bo"),
        Member(id="bo", name="Someone else"),
    ]
    store.save(CLUB, members=members)
    assert store.members(CLUB, " åsa öberg ") == store.members(CLUB, "u1") == [members[0]]
    assert store.members(CLUB, "BO") == members[1:]
    assert store.members(CLUB, "Carl") == store.members("other", "Bo") == []


def test_of_one_person_under_several_ids_one_is_left(store: MessageStore) -> None:
    store.save(CLUB, members=[Member(id="anna", name="Anna"), Member(id="U1", name="Anna K.")])
    save_indexed(store, message("m1"), message("m2", author="U1"), message("m3", author="bo"))
    save_indexed(store, message("m1"), community="other")
    store.merge_members(CLUB, {"anna": "U1", "unknown": "U1"})
    assert ids(store.posts(CLUB, Filters(author="U1"))) == ["m1", "m2"]
    assert [member.id for member in store.members(CLUB, "anna")] == []
    assert {post.author_name for post in store.posts(CLUB)} == {"Anna K.", "bo"}
    assert ids(store.posts("other", Filters(author="anna"))) == ["m1"]
    assert pending(store) == []


def test_members_are_named_by_their_ids(store: MessageStore) -> None:
    store.save(CLUB, members=[Member(id="U1", name="Anna"), Member(id="U2", name="Ben")])
    assert store.names(CLUB, ["U1", "U9"]) == {"U1": "Anna"}
    assert store.names("bakery", ["U1"]) == {}


def test_channels_are_told_by_their_ids(store: MessageStore) -> None:
    vip = Channel(id="C1", name="#vip", visibility="private")
    store.save(CLUB, channels=[vip])
    assert (store.channels(CLUB), store.channels("bakery")) == ({"C1": vip}, {})


def test_the_thread_of_a_message_is_told_before_it_is_indexed_and_after_it_is_deleted(store: MessageStore) -> None:
    gone = message("m2", "", thread="m1", reply_to="m1", deleted=True)
    save(store, message("m1"), gone)
    assert store.threads(CLUB, ["m1", "m2", "m9"]) == {"m1": "m1", "m2": "m1"}
    assert store.threads("bakery", ["m1"]) == {}


def test_the_newest_posts_are_given_oldest_first(store: MessageStore) -> None:
    made = [message(f"m{n}", at=NOW - timedelta(hours=n)) for n in range(4)]
    save_indexed(store, *made, message("s1", author="maja", at=NOW))
    assert ids(store.posts(CLUB, Filters(author="anna"), newest=2)) == ["m1", "m0"]
    assert ids(store.posts(CLUB, newest=9)) == ["m3", "m2", "m1", "m0", "s1"]
    assert store.posts(CLUB, newest=0) == []
