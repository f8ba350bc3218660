"""Data dumps of Stack Exchange, as it writes them and as nobody should."""

from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importers import recognise, stackexchange
from knowledge.messages import Channel, Member, Message, Record
from tests.unit.knowledge.importers.archives import assert_only_news_are_added, damaged, read_export
from tests.unit.knowledge.importers.exports import (
    HOSTILE_TEXTS,
    LONE_SURROGATE,
    assert_safe,
    channels,
    members,
    messages,
    reasons,
    texts,
    zipped_folder,
)

QUESTION = {
    "Id": "1",
    "PostTypeId": "1",
    "CreationDate": "2015-01-27T20:09:32.720",
    "Body": "<p>The bag <b>leaks</b>.</p>",
    "OwnerUserId": "4",
    "Title": "Leaks",
    "Tags": "<bags>",
}
ANSWER = {
    "Id": "2",
    "PostTypeId": "2",
    "ParentId": "1",
    "CreationDate": "2015-01-28",
    "Body": "Dry it.",
    "OwnerUserId": "5",
}


def xml(kind: str, *rows: dict[str, str]) -> str:
    lines = (f"  <row {' '.join(f'{name}={quoteattr(value)}' for name, value in row.items())} />\n" for row in rows)
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{kind}>\n{"".join(lines)}</{kind}>'


def dump(folder: Path, *rows: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Posts.xml").write_text(xml("posts", *rows), encoding="utf-8")
    return folder


def read(folder: Path, *rows: dict[str, str]) -> list[Record]:
    return read_export(dump(folder, *rows), "stackexchange")


def read_one(folder: Path, **changes: str) -> Message:
    (message,) = messages(read(folder, {**QUESTION, **changes}))
    return message


def test_a_question_is_read_with_its_author(tmp_path: Path) -> None:
    records = read(tmp_path, {**QUESTION, "Score": "20", "LastEditDate": "2015-01-27T21:00:00"})
    assert channels(records) == [Channel(id="questions", name="Questions")]
    assert members(records) == [Member(id="4", name="user 4")]
    assert messages(records) == [
        Message(
            id="1",
            channel="questions",
            author="4",
            title="Leaks",
            text="The bag leaks.",
            at=datetime(2015, 1, 27, 20, 9, 32, 720000, tzinfo=UTC),
            edited=datetime(2015, 1, 27, 21, tzinfo=UTC),
            thread="1",
            reactions={"score": 20},
        )
    ]


@pytest.mark.parametrize("question_first", [True, False])
def test_the_accepted_answer_is_marked_wherever_its_question_stands(question_first: bool, tmp_path: Path) -> None:
    rows = [{**QUESTION, "AcceptedAnswerId": "2"}, ANSWER, {**ANSWER, "Id": "3"}]
    read_ = {m.id: m for m in messages(read(tmp_path, *(rows if question_first else rows[::-1])))}
    assert {id_: m.accepted for id_, m in read_.items()} == {"1": False, "2": True, "3": False}
    assert (read_["2"].thread, read_["2"].reply_to) == ("1", "1")


def test_the_files_beside_it_bring_names_and_comments(tmp_path: Path) -> None:
    folder = dump(tmp_path / "coffee", QUESTION, ANSWER)
    users = [
        {"Id": "4", "DisplayName": "Anna", "CreationDate": "2014-01-01T00:00:00"},
        {"Id": "-1", "DisplayName": "Community"},
        {"Id": "9", "DisplayName": "Nobody"},
    ]
    comments = [
        {
            "Id": "2",
            "PostId": "2",
            "Score": "1",
            "Text": "See [x](http://x.y)",
            "CreationDate": "2015-01-29",
            "UserId": "-1",
        },
        {"Id": "3", "PostId": "77", "Text": "lost", "CreationDate": "2015-01-29", "UserId": "4"},
        {"Id": "4", "PostId": "1", "Text": "when", "CreationDate": "soon", "UserId": "4"},
    ]
    (folder / "Users.xml").write_text(xml("users", *users), encoding="utf-8")
    (folder / "Comments.xml").write_text(xml("comments", *comments), encoding="utf-8")
    records = read_export(folder)
    comment = messages(records)[-1]
    assert (comment.id, comment.thread, comment.reply_to) == ("comment-2", "1", "2")
    assert (comment.text, comment.reactions) == ("See x (http://x.y)", {"score": 1})
    assert members(records) == [
        Member(id="4", name="Anna", joined=datetime(2014, 1, 1, tzinfo=UTC)),
        Member(id="-1", name="Community", is_bot=True),
        Member(id="5", name="user 5"),
    ]
    assert reasons(records) == ["a comment on a post that is not in the export", "no valid time (CreationDate)"]
    for path in (
        folder / "Posts.xml",
        zipped_folder(folder, tmp_path / "a.zip"),
        zipped_folder(tmp_path / "coffee", tmp_path / "b.zip"),
    ):
        assert recognise(path).name == "stackexchange"
        assert read_export(path) == records


def test_of_a_deleted_account_the_name_is_known(tmp_path: Path) -> None:
    row = {name: value for name, value in QUESTION.items() if name != "OwnerUserId"}
    assert members(read(tmp_path, {**row, "OwnerDisplayName": "user77"})) == [Member(id="user77", name="user77")]
    assert members(read(tmp_path, row)) == [Member(id="anonymous", name="anonymous")]


def test_a_deleted_post_keeps_its_place(tmp_path: Path) -> None:
    message = read_one(tmp_path, DeletionDate="2016-01-01")
    assert (message.deleted, message.text, message.title) == (True, "", None)


@pytest.mark.parametrize("score", ["0", "-3", "x", "9" * 5000, "٣", ""])
def test_only_a_positive_score_is_a_reaction(score: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, Score=score).reactions == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PostTypeId": "4"}, "neither a question nor an answer"),
        ({"PostTypeId": ""}, "neither a question nor an answer"),
        ({"Id": ""}, "no Id or ParentId"),
        ({"PostTypeId": "2"}, "no Id or ParentId"),
        ({"CreationDate": "soon"}, "no valid time"),
        ({"CreationDate": "9" * 4000}, "no valid time"),
        ({"Id": "9" * 400}, "bad id"),
        ({"OwnerUserId": "9" * 400}, "bad author"),
        ({"Body": "<p></p>"}, "no text"),
        ({"Body": "x" * 100_001}, "text longer than"),
    ],
)
def test_a_post_that_cannot_be_read_is_counted_and_the_next_one_read(
    changes: dict[str, str], reason: str, tmp_path: Path
) -> None:
    records = read(tmp_path, {**QUESTION, **changes}, {**ANSWER, "Body": "next"})
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
ROW = '<row Id="1" PostTypeId="1" CreationDate="2015-01-28" Title="t" Body="&a;" />'


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE, '<!DOCTYPE x SYSTEM "http://x.example/x.dtd">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(declared: str, encoding: str, tmp_path: Path) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{declared}<posts>{ROW}</posts>'
    (tmp_path / "Posts.xml").write_bytes(text.encode(encoding))
    records = list(stackexchange._rows(tmp_path / "Posts.xml"))
    assert [place for place, _ in records] == ["Posts.xml, after row 0"]
    assert "broken file" in str(records[0][1])


@pytest.mark.parametrize(
    "inner",
    [
        "<a>" * 10_000,
        f'<row Body="{"x" * 50_000}" />',
        f"<!-- {'<row ' * 10_000} -->",
        f"<![CDATA[{'<row ' * 10_000}]]>",
        f"<?x {'<' * 50_000}?>",
        "<row " + "a='' " * 10_000 + "/>",
        "<row a='' a='' />",
        "</posts>",
        "\0",
        LONE_SURROGATE,
    ],
    ids=["deep", "long", "comment", "cdata", "instruction", "attributes", "twice", "closed", "nul", "surrogate"],
)
def test_what_no_dump_holds_ends_the_file_and_what_came_before_is_read(
    inner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stackexchange, "_MAX_ROW", 20_000)
    head = xml("posts", QUESTION).removesuffix("</posts>")
    (tmp_path / "Posts.xml").write_bytes((head + inner + "</posts>").encode("utf-8", "surrogatepass"))
    records = read_export(tmp_path, "stackexchange")
    assert len(messages(records)) <= 1
    assert any("broken file" in reason for reason in reasons(records))
    assert_safe(records)


def test_what_comes_before_the_break_is_read(tmp_path: Path) -> None:
    path = dump(tmp_path, QUESTION, ANSWER) / "Posts.xml"
    path.write_bytes(path.read_bytes()[:-40])
    records = read_export(path)
    assert texts(records) == ["The bag leaks."]
    assert any("broken file" in reason for reason in reasons(records))


def test_a_newer_dump_adds_only_what_is_new(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        return dump(tmp_path, QUESTION, *({**ANSWER, "Id": str(n)} for n in range(2, count + 1)))

    assert_only_news_are_added(make, 3, 5)


values = st.sampled_from([*(text for text in HOSTILE_TEXTS if "\0" not in text), "1", "2", "2015-01-28"]).map(
    lambda text: text.encode("utf-8", "replace").decode()
)


@given(st.lists(st.dictionaries(st.sampled_from([*QUESTION, *ANSWER, "Score", "DeletionDate"]), values), max_size=4))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_row_becomes_a_record_or_a_counted_skip(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    records = read(tmp_path, *({"Id": "1", "PostTypeId": "1", "CreationDate": "2015-01-28", **row} for row in rows))
    assert_safe(records)
    assert len(messages(records)) + len(reasons(records)) >= min(len(rows), 1)


@given(st.integers(0, 700), st.binary(max_size=8))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dump_damaged_anywhere_never_stops_the_import(tmp_path: Path, at: int, noise: bytes) -> None:
    path = dump(tmp_path, QUESTION, ANSWER) / "Posts.xml"
    path.write_bytes(damaged(path.read_bytes(), at, noise))
    assert_safe(read_export(tmp_path, "stackexchange"))
