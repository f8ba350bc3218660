from datetime import timedelta
from typing import Any

import pytest

from assistant.desk import Desk
from assistant.errors import NotFound
from assistant.precedents import (
    Precedents,
    author_history,
    find_member,
    find_post,
    member_history,
    precedents,
    precedents_of,
    thread_around,
)
from knowledge.messages import Channel, Member, Message
from tests import making
from tests.making import NOW, message

LEAK = "The bag leaks and it was late."
SMALL_TALK = (
    message("t0", "Lovely wonderful superb espresso today.", author="u0"),
    message("t1", "How does anybody clean a grinder?", author="u1"),
    message("t2", "Please sell decaf for the evening.", author="u2"),
    message("t3", "Rain again in town.", author="u3"),
)


def earlier(id_: str = "e1", text: str = LEAK, **changes: Any) -> Message:
    values = {"author": "ben", "at": NOW - timedelta(days=40), **changes}
    return message(id_, text, **values)


def answer(id_: str, text: str, author: str, **changes: Any) -> Message:
    return message(id_, text, author=author, reply_to="e1", at=NOW - timedelta(days=39), **changes)


def before(*messages: Message, **changes: Any) -> Precedents:
    desk = making.desk(message("m1", LEAK), *messages, *SMALL_TALK, **changes)
    return precedents(desk, find_post(desk, "m1"))


def outcome(*answers: Message) -> str:
    (case,) = before(earlier(), *answers).cases
    return case.outcome


def test_the_same_complaint_by_another_member_has_happened_before() -> None:
    assert [case.post.message.id for case in before(earlier()).cases] == ["e1"]


def test_a_whole_thread_is_one_case() -> None:
    assert len(before(earlier(), answer("e2", LEAK, "carl")).cases) == 1


@pytest.mark.parametrize(
    "other",
    [
        earlier(text="Rain again in town."),
        earlier(at=NOW),
        earlier(author="anna"),
        earlier(author="maja"),
        earlier(channel="staff"),
    ],
    ids=["another matter", "later", "by the same member", "by the team", "where others may not read"],
)
def test_what_is_none_is_not_counted(other: Message) -> None:
    assert before(other).cases == ()


def test_nobody_answered() -> None:
    assert outcome() == "unanswered"


def test_the_team_answered() -> None:
    assert outcome(answer("a1", "We are looking into it.", "maja")) == "answered"


def test_members_answered() -> None:
    assert outcome(answer("a1", "Same here.", "carl")) == "answered by members"


def test_an_accepted_answer_solved_it() -> None:
    assert outcome(answer("a1", "Tape it.", "carl", accepted=True)) == "solved"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Thanks, thank you, lovely.", "thanked"), ("Terrible, it leaks and is broken.", "came back")],
)
def test_what_the_member_says_after_the_answer_tells_what_came_of_it(text: str, expected: str) -> None:
    reply = answer("a2", text, "ben").model_copy(update={"at": NOW - timedelta(days=38)})
    assert outcome(answer("a1", "We are looking into it.", "maja"), reply) == expected


def test_a_summary_says_how_often_by_whom_since_when_and_what_came_of_it() -> None:
    found = before(earlier(), earlier("e2", at=NOW - timedelta(days=20)))
    assert found.summary == "This came up 2 times before, by 1 member, since October 2026: 2 unanswered."


def test_where_nothing_like_it_happened_the_summary_says_so() -> None:
    assert before().summary.startswith("Nothing like it")


def test_the_thread_around_a_post_is_in_order_of_time() -> None:
    desk = making.desk(answer("a1", "Same here.", "carl"), earlier())
    assert [post.message.id for post in thread_around(desk, find_post(desk, "a1"))] == ["e1", "a1"]


def test_a_post_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(NotFound, match="no post “m9”"):
        find_post(making.desk(message()), "m9")


def known(*members: Member) -> Desk:
    desk = making.desk(message("m1", LEAK), message("m2", "Lovely.", author="bo"), message("m3", "How does anybody?"))
    desk.messages.save("club", members=members, channels=[Channel(id="general", name="#general")])
    return desk


@pytest.mark.parametrize("who", ["anna", "ANNA", "Anna K."])
def test_a_member_is_found_by_id_and_by_name(who: str) -> None:
    history = member_history(known(Member(id="anna", name="Anna K.")), who)
    assert [post.message.id for post in history.posts] == ["m3", "m1"]
    assert history.complaints == 1


def test_two_members_with_one_name_are_told_apart_by_their_ids() -> None:
    desk = known(Member(id="anna", name="Anna"), Member(id="bo", name="Anna"))
    assert len(member_history(desk, "anna").posts) == 2
    with pytest.raises(NotFound, match="anna, bo"):
        member_history(desk, "Anna")


def test_a_member_who_never_wrote_is_said_to_be_so() -> None:
    with pytest.raises(NotFound, match="Nobody called “zoe”"):
        member_history(known(), "zoe")


def test_what_the_author_of_a_post_wrote_is_known_without_a_record_of_them() -> None:
    desk = known()
    history = author_history(desk, find_post(desk, "m1"))
    assert [post.message.id for post in history.posts] == ["m3", "m1"]
    with pytest.raises(NotFound):
        find_member(desk, "anna")


def test_those_who_gave_no_name_have_no_history_in_common() -> None:
    desk = making.desk(message("m1", LEAK, author="anonymous"), message("m2", "Lovely.", author="anonymous"))
    assert [post.message.id for post in author_history(desk, find_post(desk, "m1")).posts] == ["m1"]


def test_around_a_piece_of_a_document_stands_the_document() -> None:
    pieces = [message(f"doc:a#{n}", "How to grind.", kind="document", thread="doc:a") for n in (1, 2)]
    desk = making.desk(*pieces, message("m1", LEAK))
    assert [post.message.id for post in thread_around(desk, find_post(desk, "doc:a#2"))] == ["doc:a#1", "doc:a#2"]


@pytest.mark.parametrize(("subject", "count"), [("post:m1", 1), ("post:gone", None), ("topic:m1", None)])
def test_only_a_draft_that_answers_a_post_has_precedents(subject: str, count: int | None) -> None:
    desk = making.desk(message("m1", LEAK), earlier(), *SMALL_TALK)
    draft = making.draft(making.plan(making.move(), subject=subject), making.segment("We hear you."))
    found = precedents_of(desk, draft)
    assert (found and len(found.cases)) == count
