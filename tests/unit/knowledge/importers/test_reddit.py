"""Submissions and comments of Reddit, a line each."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importers import recognise
from knowledge.messages import Channel, Member, Message, Record
from tests.unit.knowledge.importers.archives import assert_only_news_are_added, damaged, read_export
from tests.unit.knowledge.importers.exports import (
    HOSTILE_TEXTS,
    LONE_SURROGATE,
    assert_safe,
    channels,
    json_values,
    members,
    messages,
    reasons,
    texts,
    zipped_folder,
)


def submission(id_: Any = "aa", **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "author": "anna",
        "subreddit": "coffee",
        "created_utc": 1764579600,
        "title": "Leaks",
        "selftext": "The bag leaks.",
        "is_self": True,
        **changes,
    }


def comment(id_: Any = "bb", **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "author": "bo",
        "subreddit": "coffee",
        "created_utc": "1764579700",
        "body": "Mine too.",
        "link_id": "t3_aa",
        "parent_id": "t3_aa",
        **changes,
    }


def dump(path: Path, *lines: Any) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def read(folder: Path, *lines: Any) -> list[Record]:
    return read_export(dump(folder / "RS_2025-12", *lines), "reddit")


def read_one(folder: Path, line: Any) -> Message:
    (message,) = messages(read(folder, line))
    return message


def test_a_submission_is_read_with_its_member_and_subreddit(tmp_path: Path) -> None:
    records = read(tmp_path, submission(score=5, permalink="/r/coffee/comments/aa/leaks/", edited=1764579900))
    assert channels(records) == [Channel(id="coffee", name="r/coffee")]
    assert members(records) == [Member(id="anna", name="anna")]
    assert messages(records) == [
        Message(
            id="t3_aa",
            channel="coffee",
            author="anna",
            title="Leaks",
            text="The bag leaks.",
            at=datetime(2025, 12, 1, 9, tzinfo=UTC),
            edited=datetime(2025, 12, 1, 9, 5, tzinfo=UTC),
            thread="t3_aa",
            reactions={"score": 5},
            url="https://www.reddit.com/r/coffee/comments/aa/leaks/",
        )
    ]


def test_a_comment_knows_its_thread_and_what_it_answers(tmp_path: Path) -> None:
    first, second = messages(read(tmp_path, comment(), comment("cc", parent_id="t1_bb")))
    assert (first.id, first.thread, first.reply_to) == ("t1_bb", "t3_aa", "t3_aa")
    assert (second.thread, second.reply_to) == ("t3_aa", "t1_bb")


@pytest.mark.parametrize("parent", [None, 5, "zz", {}])
def test_a_comment_without_a_parent_answers_the_submission(parent: Any, tmp_path: Path) -> None:
    assert read_one(tmp_path, comment(parent_id=parent)).reply_to == "t3_aa"


@pytest.mark.parametrize(
    "line",
    [
        comment(body="[deleted]"),
        comment(body="[removed]"),
        submission(selftext="[removed]"),
        submission(title="[deleted by user]"),
    ],
)
def test_what_was_deleted_or_removed_keeps_its_place(line: Any, tmp_path: Path) -> None:
    message = read_one(tmp_path, line)
    assert (message.deleted, message.text, message.title, message.thread) == (True, "", None, "t3_aa")


def test_who_deleted_the_account_is_called_so(tmp_path: Path) -> None:
    assert members(read(tmp_path, comment(author="[deleted]"))) == [Member(id="[deleted]", name="[deleted]")]


def test_moderators_run_the_place_and_everybody_comes_once(tmp_path: Path) -> None:
    lines = [comment(), comment("cc", distinguished="moderator"), comment("dd", distinguished="special")]
    assert members(read(tmp_path, *lines)) == [Member(id="bo", name="bo", is_staff=True, roles=("moderator",))]


def test_bots_are_known_by_name_or_flair(tmp_path: Path) -> None:
    lines = [comment(author="AutoModerator"), comment("cc", author_flair_text=":Helpful Bot:"), submission()]
    assert [member.is_bot for member in members(read(tmp_path, *lines))] == [True, True, False]


@pytest.mark.parametrize("changes", [{"quarantine": True}, {"subreddit_type": "private"}, {"subreddit_type": {"a": 1}}])
def test_closed_subreddits_are_private(changes: dict[str, Any], tmp_path: Path) -> None:
    expected = "public" if changes.get("subreddit_type") == {"a": 1} else "private"
    assert [channel.visibility for channel in channels(read(tmp_path, submission(**changes)))] == [expected]


def test_a_subreddit_found_to_be_private_stays_so(tmp_path: Path) -> None:
    lines = [submission("a"), submission("b", subreddit_type="private"), submission("c")]
    assert [channel.visibility for channel in channels(read(tmp_path, *lines))] == ["public", "private"]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("See [our shop](https://x.example/a_(b)).", "See our shop (https://x.example/a_(b))."),
        ("&gt; theirs\n\nmine", "mine"),
        (">!a spoiler!<", ">!a spoiler!<"),
        ("&gt; only theirs", "> only theirs"),
    ],
)
def test_markdown_is_read_as_people_see_it(markdown: str, text: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, comment(body=markdown)).text == text


def test_a_link_is_its_title_and_address(tmp_path: Path) -> None:
    message = read_one(tmp_path, submission(selftext="", is_self=False, url="https://x.example"))
    assert (message.title, message.text) == (None, "Leaks (https://x.example)")


def test_a_title_may_be_all_that_is_said(tmp_path: Path) -> None:
    assert read_one(tmp_path, submission(selftext="", url="https://www.reddit.com/r/coffee/aa")).text == "Leaks"


def test_a_poll_is_its_question_and_its_options(tmp_path: Path) -> None:
    poll = {"options": [{"text": "Dark"}, {"text": "Light"}, 5]}
    message = read_one(tmp_path, submission(selftext="", poll_data=poll))
    assert (message.kind, message.title, message.text) == ("poll", "Leaks", "– Dark\n– Light")


@pytest.mark.parametrize("score", [0, -3, None, "5", 1.5])
def test_only_a_positive_score_is_a_reaction(score: Any, tmp_path: Path) -> None:
    assert read_one(tmp_path, submission(score=score)).reactions == {}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (None, "not a submission or comment"),
        ([], "not a submission or comment"),
        ({"id": "x"}, "not a submission or comment"),
        (submission(created_utc="soon"), "no valid time"),
        (submission(created_utc=1e300), "no valid time"),
        (submission(None), "no id, author or subreddit"),
        (submission(LONE_SURROGATE), "no id, author or subreddit"),
        (submission(author="x" * 301), "bad author"),
        (comment(link_id="x" * 301), "bad thread"),
        (comment(body=""), "no text"),
        (comment(body={}), "no text"),
        (comment(body="x" * 100_001), "text longer than"),
        (comment(body="x" * 400_001), "too long"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_and_the_next_one_read(line: Any, reason: str, tmp_path: Path) -> None:
    records = read(tmp_path, submission(), line, comment("zz", body="next"))
    assert texts(records)[-1] == "next"
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


def test_a_folder_with_both_kinds_is_read_as_its_archive(tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    folder.mkdir()
    dump(folder / "coffee_comments.jsonl", comment())
    dump(folder / "coffee_submissions.ndjson", submission())
    (folder / "readme.txt").write_text("hello", encoding="utf-8")
    archive = zipped_folder(folder, tmp_path / "dump.zip")
    assert recognise(folder).name == recognise(archive).name == "reddit"
    assert texts(read_export(folder)) == texts(read_export(archive)) == ["Mine too.", "The bag leaks."]


def test_a_table_of_something_else_stays_a_table(tmp_path: Path) -> None:
    assert recognise(dump(tmp_path / "x.jsonl", {"text": "a", "at": "2025-12-01"})).name == "table"
    assert recognise(dump(tmp_path / "y.jsonl", "broken", submission())).name == "reddit"


def test_what_comes_before_the_break_is_read(tmp_path: Path) -> None:
    path = dump(tmp_path / "x.jsonl", submission(), comment())
    path.write_bytes(path.read_bytes()[:-20])
    records = read_export(path)
    assert texts(records) == ["The bag leaks."]
    assert reasons(records) == ["not a submission or comment"]


def test_a_newer_dump_adds_only_what_is_new(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        return dump(tmp_path / "x.jsonl", submission(), *(comment(f"c{n}") for n in range(count - 1)))

    assert_only_news_are_added(make, 3, 5)


hostile_lines = st.fixed_dictionaries(
    {
        "id": st.just("a") | json_values,
        "author": st.sampled_from(["anna", *HOSTILE_TEXTS]) | json_values,
        "subreddit": st.just("coffee") | json_values,
        "created_utc": st.just(1764579600) | json_values,
    },
    optional={
        "title": json_values,
        "selftext": json_values,
        "body": st.text(st.sampled_from("[]()<>!&;> a\n"), max_size=30) | json_values,
        "link_id": json_values,
        "parent_id": json_values,
        "edited": json_values,
        "score": json_values,
        "poll_data": st.fixed_dictionaries({"options": json_values}) | json_values,
        "distinguished": json_values,
        "author_flair_text": json_values,
        "subreddit_type": json_values,
        "permalink": json_values,
        "url": json_values,
    },
)


@given(st.lists(hostile_lines | json_values, max_size=4))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_dump_becomes_a_record_or_a_counted_skip(tmp_path: Path, lines: list[Any]) -> None:
    records = read(tmp_path, submission("first"), *lines)
    assert_safe(records)
    assert len(messages(records)) + len(reasons(records)) >= len(lines)


@given(st.integers(0, 600), st.binary(max_size=8))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dump_damaged_anywhere_never_stops_the_import(tmp_path: Path, at: int, noise: bytes) -> None:
    path = dump(tmp_path / "x.jsonl", submission(), comment())
    path.write_bytes(damaged(path.read_bytes(), at, noise))
    assert_safe(read_export(path, "reddit"))
