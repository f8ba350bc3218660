"""What every message store promises, on the shipped fake and on SQLite with the real migrations."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.adapters.database import open_database
from knowledge.adapters.memory import MemoryMessageStore
from knowledge.adapters.sql import BATCH, SqlMessageStore
from knowledge.messages import Channel, Member, Message, Post
from knowledge.ports import Filters, MessageStore, Saved
from tests.making import NOW, message, signals

CLUB = "club"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and no rows."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite(empty_database: Path, tmp_path: Path) -> Iterator[SqlMessageStore]:
    shutil.copy(empty_database, tmp_path / "house.db")
    engine = open_database(f"sqlite:///{tmp_path / 'house.db'}")
    yield SqlMessageStore(engine)
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> MessageStore:
    made: MessageStore = MemoryMessageStore() if request.param == "memory" else request.getfixturevalue("sqlite")
    return made


def save(store: MessageStore, *messages: Message, community: str = CLUB) -> Saved:
    return store.save(community, messages=messages)


def mark(store: MessageStore, *messages: Message, community: str = CLUB, language: str = "en") -> None:
    store.mark_indexed(community, [(each, signals(language=language)) for each in messages])


def save_indexed(store: MessageStore, *messages: Message, community: str = CLUB, language: str = "en") -> None:
    save(store, *messages, community=community)
    mark(store, *messages, community=community, language=language)


def pending(store: MessageStore, limit: int = 99) -> list[str]:
    return [each.id for each in store.pending(CLUB, limit)]


def ids(posts: list[Post]) -> list[str]:
    return [post.message.id for post in posts]


def test_a_new_store_is_empty(store: MessageStore) -> None:
    assert store.communities() == {}
    assert not store.posts(CLUB)
    assert not store.pending(CLUB, 9)
    assert not store.staff(CLUB)
    assert store.count(CLUB) == store.count_pending(CLUB) == 0
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
    assert store.pending(CLUB, 9) == [full]


def test_a_message_without_extras_comes_back_without_them(store: MessageStore) -> None:
    save(store, message("m1"))
    assert store.pending(CLUB, 9) == [message("m1")]


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
    assert [each.text for each in store.pending(CLUB, 9)] == ["It holds."]


def test_an_older_version_never_replaces_a_newer_one(store: MessageStore) -> None:
    save(store, message(text="It holds.", edited=NOW))
    assert save(store, message(text="It leaks.")) == Saved(unchanged=1)
    assert [each.text for each in store.pending(CLUB, 9)] == ["It holds."]


def test_the_same_version_with_other_words_is_a_change(store: MessageStore) -> None:
    save(store, message(text="It leaks."))
    assert save(store, message(text="It [removed].")) == Saved(changed=1)


def test_of_one_message_given_twice_the_newest_counts(store: MessageStore) -> None:
    assert save(store, message(text="It holds.", edited=NOW), message(text="It leaks.")) == Saved(1, 0, 1)
    assert [each.text for each in store.pending(CLUB, 9)] == ["It holds."]


def test_nothing_is_saved_without_a_fuss(store: MessageStore) -> None:
    assert store.save(CLUB) == Saved()


def test_many_messages_are_saved_at_once(store: MessageStore) -> None:
    messages = [message(f"m{n}") for n in range(2 * BATCH + 7)]
    assert save(store, *messages) == Saved(added=len(messages))
    assert save(store, *messages) == Saved(unchanged=len(messages))
    assert store.count(CLUB) == store.count_pending(CLUB) == len(messages)


def test_what_is_new_is_pending_oldest_first(store: MessageStore) -> None:
    save(store, message("b", at=NOW), message("c", at=NOW - timedelta(days=1)), message("a", at=NOW))
    assert pending(store) == ["c", "a", "b"]
    assert pending(store, 2) == ["c", "a"]


def test_what_is_indexed_is_not_pending(store: MessageStore) -> None:
    save(store, message("m1"), message("m2"))
    mark(store, message("m1"))
    assert pending(store) == ["m2"]
    assert (store.count(CLUB), store.count_pending(CLUB)) == (2, 1)


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
    store.mark_indexed(CLUB, [])
    assert store.posts(CLUB) == []


def test_to_forget_the_index_makes_everything_pending_in_one_community(store: MessageStore) -> None:
    save_indexed(store, message("m1"), message("m2"))
    save_indexed(store, message("m1"), community="other")
    store.forget_index(CLUB)
    assert pending(store) == ["m1", "m2"]
    assert store.count_pending("other") == 0


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
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_posts_are_filtered_as_the_filters_say_of_themselves(filters: Filters, store: MessageStore) -> None:
    channels = [Channel(id="general", name="general"), Channel(id="staff", name="staff", visibility="private")]
    store.save(CLUB, channels=channels)
    save_indexed(store, message("m1", at=NOW - timedelta(days=1)), message("m2", at=NOW, channel="elsewhere"))
    save_indexed(store, message("m3", at=NOW, author="bo", channel="staff", thread="m1"), language="sv")
    save_indexed(store, message("m4", at=NOW + timedelta(microseconds=1), author="bo"))
    everything = store.posts(CLUB)
    admitted = [post for post in everything if filters.admit(post)]
    assert store.posts(CLUB, filters) == admitted
    assert (len(admitted) == len(everything)) == (filters == Filters())


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
            known = [each for each in memory.pending(community, 9) if each.id in {m.id for m in given_}]
            for store in (memory, sqlite):
                mark(store, *known, community=community)
        else:
            assert save(sqlite, *given_, community=community) == save(memory, *given_, community=community)
        assert sqlite.pending(community, 9) == memory.pending(community, 9)
        assert sqlite.posts(community) == memory.posts(community)


def test_what_fails_halfway_is_not_there_at_all(sqlite: SqlMessageStore) -> None:
    save(sqlite, message("m1"))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        mark(sqlite, message("m1"), message("never saved"))
    assert pending(sqlite) == ["m1"]
    assert sqlite.posts(CLUB) == []


def test_what_is_saved_is_there_for_the_next_process(sqlite: SqlMessageStore, tmp_path: Path) -> None:
    save_indexed(sqlite, message("m1"))
    other = SqlMessageStore(open_database(f"sqlite:///{tmp_path / 'house.db'}"))
    assert ids(other.posts(CLUB)) == ["m1"]


def test_several_may_write_at_once(sqlite: SqlMessageStore, tmp_path: Path) -> None:
    stores = [sqlite, SqlMessageStore(open_database(f"sqlite:///{tmp_path / 'house.db'}"))]

    def write(number: int) -> Saved:
        return save(stores[number % 2], *(message(f"m{number}-{n}") for n in range(20)))

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(write, range(20))) == {Saved(added=20)}
    assert sqlite.count(CLUB) == 400
