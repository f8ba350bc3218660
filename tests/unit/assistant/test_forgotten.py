"""Recognising who was forgotten: in texts, ids and places, by digests alone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.forgotten import Marks, Search, Trace, telling_words
from knowledge.messages import Channel, Contents, Message
from tests import making
from tests.making import message

KEY = b"k" * 32
LONG = "The parcel came in the rain and every single bag in it was soaked through."


def marks(*names: str, others: tuple[str, ...] = (), ids: tuple[str, ...] = (), posts: tuple[str, ...] = ()) -> Marks:
    plain, telling = Marks(KEY), telling_words(names, others, {"May", "Will"})
    digests = {plain.of("member", id_) for id_ in ids} | {plain.of("message", id_) for id_ in posts}
    return Marks(KEY, digests.union(*(plain.of_name(name, telling) for name in names)))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("Anna Berg", "Thanks Anna Berg!", "Thanks [forgotten]!"),
        ("Anna Berg", "thanks ANNA  berg, anna-berg", "thanks [forgotten], [forgotten]"),
        ("Anna Berg", "Anna and Mrs Berg", "[forgotten] and Mrs [forgotten]"),
        ("Anna Berg", "the berg of annals", "the berg of annals"),
        ("Will May", "Will you come in May?", "Will you come in May?"),
        ("Will May", "ask will may", "ask [forgotten]"),
        ("anna", "ask anna or Anna or @ANNA", "ask [forgotten] or [forgotten] or [forgotten]"),
        ("will", "Will you ask @will?", "Will you ask [forgotten]?"),
        ("anna_k92", "mail Anna_K92@example.org", "mail [forgotten]@example.org"),
        ("آنا برگ", "ممنون آنا برگ عزیز", "ممنون [forgotten] عزیز"),
        ("Jan", "January is janky", "January is janky"),
    ],
)
def test_a_name_is_found_word_by_word(name: str, text: str, told: str) -> None:
    assert marks(name).redacted(text) == told


def test_a_first_name_that_somebody_else_has_too_stays() -> None:
    known = marks("Anna Berg", others=("Anna Svensson",))
    assert known.redacted("Anna asked Berg, not Anna Berg") == "Anna asked [forgotten], not [forgotten]"


@settings(max_examples=50)
@given(st.text(max_size=80))
def test_without_anybody_forgotten_every_text_stays(text: str) -> None:
    assert Marks().redacted(text) == text


@settings(max_examples=50)
@given(st.text(alphabet="ab @.Anna Berg\n_", max_size=60))
def test_what_is_redacted_names_nobody(text: str) -> None:
    known = marks("Anna Berg")
    assert not known.names(known.redacted(text))


def test_another_key_recognises_nobody() -> None:
    known = marks("Anna Berg", ids=("u1",))
    assert not Marks(b"other", known.digests).names("Anna Berg")
    assert not Marks(b"other", known.digests).has("member", "u1")
    assert not any("nna" in digest.lower() for digest in known.digests)


def test_a_message_of_somebody_else_keeps_its_place_under_another_thread() -> None:
    known = marks("Anna Berg", posts=("anna-1",))
    reply = message("m2", "As Anna Berg said.", author="u2", thread="anna-1", reply_to="anna-1", title="Anna's matter")
    other = message("m3", "No.", author="u3", thread="anna-1", reply_to="m2")
    new, next_ = known.redact(reply), known.redact(other)
    assert (new.text, new.title) == ("As [forgotten] said.", None)
    assert new.thread == next_.thread == new.reply_to
    assert new.thread.startswith("forgotten-")
    assert (new.author, new.at, next_.reply_to, next_.text) == (reply.author, reply.at, "m2", "No.")
    contents = known.redact(Contents(thread="anna-1", ids=("m2", "m3", "anna-1#answer")))
    assert contents.thread == new.thread
    assert contents.ids[2] == f"{new.thread}#answer"


def test_a_chat_named_after_its_guest_keeps_its_readers() -> None:
    known = marks("Anna Berg", ids=("https://host/users/ab",))
    named = known.redact(Channel(id="Anna Berg", name="Anna Berg", visibility="private"))
    assert (named.name, named.visibility) == ("[forgotten]", "private")
    assert named.id.startswith("forgotten-")
    assert known.redact(message("m1", "Hi", channel="Anna Berg")).channel == named.id
    assert known.redact(Channel(id="https://host/users/ab", name="x")).id.startswith("forgotten-")
    assert known.redact(Channel(id="general", name="#general")).id == "general"


def test_a_channel_with_the_number_of_a_member_is_another_thing() -> None:
    assert marks(ids=("3",)).redact(Channel(id="3", name="Help")).id == "3"


def test_redacting_twice_changes_nothing_more() -> None:
    known = marks("Anna Berg", posts=("anna-1",))
    once = known.redact(message("m2", "Anna Berg!", thread="anna-1", url="https://x/anna-berg"))
    assert once.url is None
    assert known.redact(once) == once


def search(*written: Message, **changes: Any) -> Search:
    known = marks("Anna Berg", ids=("u1",), posts=tuple(m.id for m in written))
    return Search(Trace(frozenset({"u1"}), frozenset({"Anna Berg"}), {m.id: m for m in written}, {}, known))


def test_a_draft_is_found_by_its_post_by_a_name_and_by_a_quotation() -> None:
    of = search(message("m1", LONG))
    neutral = making.plan(making.move(), title="Ben: the bag", subject="post:m9", evidence=())
    assert of.concerns(making.draft(making.plan(subject="post:m1", evidence=(), title="x")))
    assert of.concerns(neutral.model_copy(update={"evidence": (making.evidence("post:m1"),)}))
    assert of.concerns(making.draft(neutral, making.segment("Dear Anna Berg, sorry.")))
    assert of.concerns(making.draft(neutral, making.segment(f"You said: “{LONG[11:60]}”.")))
    assert not of.concerns(making.draft(neutral, making.segment("The parcel came late, we are sorry for the bag.")))


def test_a_member_called_like_a_word_of_the_program_takes_no_draft_along() -> None:
    known = marks("reply", "person", ids=("reply",))
    of = Search(Trace(frozenset({"reply"}), frozenset({"reply"}), {}, {}, known))
    assert not of.concerns(making.draft(making.plan(title="Ben: hm"), making.segment("Hm.", author="person")))


def test_a_short_number_that_is_an_id_is_not_looked_for_in_files() -> None:
    of = search(message("5", LONG))
    assert not of.finds({"rating": 5, "stars": "5"})
    assert of.finds({"subject": "post:5"})
    assert of.finds([{"deep": [LONG]}])


def test_a_line_of_a_profile_is_found_by_an_id_between_marks() -> None:
    of = search(message("m1", LONG))
    assert of.finds_line("opted_out: [u1, u2]")
    assert of.finds_line("- {id: x, name: Anna Berg}")
    assert not of.finds_line("opted_out: [u11]")
