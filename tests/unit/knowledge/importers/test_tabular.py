"""Tables: CSV and JSON Lines with a text and a time, whole, broken and hostile."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.errors import BadExport
from knowledge.history import import_records
from knowledge.importers import tabular
from knowledge.importers.source import Options
from knowledge.importers.tabular import mapping, read_columns, read_rows, recognises
from knowledge.messages import Channel, Member, Message, Record
from tests.unit.knowledge.importers.archives import imported, read_export
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
)

read_table = partial(read_export, name="table")


def read(folder: Path, content: str | bytes, name: str = "reviews.csv", **options: Any) -> list[Record]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, options=Options(**options))


def read_lines(folder: Path, *rows: Any) -> list[Record]:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    return read(folder, "\n".join(lines), "reviews.jsonl")


FULL = "id,text,at,author,channel,title,rating,url\nr1,The bag leaks.,2025-12-01,Anna,Bags,Leaks,2,https://x.example\n"


def test_a_row_is_read_with_its_member_and_channel(tmp_path: Path) -> None:
    records = read(tmp_path, FULL)
    assert channels(records) == [Channel(id="Bags", name="Bags")]
    assert members(records) == [Member(id="Anna", name="Anna")]
    assert messages(records) == [
        Message(
            id="r1",
            channel="Bags",
            author="Anna",
            text="The bag leaks.",
            at=datetime(2025, 12, 1, tzinfo=UTC),
            thread="r1",
            kind="review",
            title="Leaks",
            rating=2,
            url="https://x.example",
        )
    ]


def test_what_a_table_does_not_say_is_filled_in(tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, "text,at\nThe bag leaks.,2025-12-01\n"))
    assert (message.author, message.channel) == ("anonymous", "reviews")
    assert (message.title, message.rating, message.reply_to, message.url) == (None, None, None, None)


def test_a_row_without_an_id_has_the_same_one_in_each_export(tmp_path: Path) -> None:
    table = "text,at\nThe bag leaks.,2025-12-01\nAnother.,2025-12-01\n"
    first, again = messages(read(tmp_path, table)), messages(read(tmp_path, table))
    assert [message.id for message in first] == [message.id for message in again]
    assert first[0].id != first[1].id


def test_an_answer_belongs_to_what_it_answers(tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, "id,text,at,parent_id\nr2,Mine too.,2025-12-01,r1\n"))
    assert (message.thread, message.reply_to) == ("r1", "r1")


@pytest.mark.parametrize("order", ["abcd", "dcba", "bdac"])
def test_an_answer_to_an_answer_belongs_to_the_first_of_the_thread(order: str, tmp_path: Path) -> None:
    rows = {"a": "a,,x", "b": "b,a,x", "c": "c,b,x", "d": ",c,x"}
    table = "id,parent,text,at\n" + "".join(f"{rows[name]},2025-12-01\n" for name in order)
    read_in = messages(read(tmp_path, table))
    assert [message.thread for message in read_in] == ["a"] * 4
    assert {message.reply_to for message in read_in} == {None, "a", "b", "c"}


def test_answers_that_go_round_in_a_circle_are_one_thread(tmp_path: Path) -> None:
    table = "id,parent,text,at\n" + "".join(f"{ids},x,2025-12-01\n" for ids in ("a,b", "b,a", "c,a", "d,d"))
    threads = {message.id: message.thread for message in messages(read(tmp_path, table))}
    assert len({threads[id_] for id_ in "abc"}) == 1
    assert threads["d"] == "d"


@pytest.mark.parametrize(
    ("name", "separator"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.csv", "|"), ("a.tsv", "\t")]
)
def test_a_table_may_be_separated_as_its_country_does(name: str, separator: str, tmp_path: Path) -> None:
    rows = (("text", "at", "author"), ("It leaks", "2025-12-01", "Anna"))
    (message,) = messages(read(tmp_path, "\n".join(map(separator.join, rows)), name))
    assert (message.text, message.author) == ("It leaks", "Anna")


def test_a_table_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    table = '\ufeff"Text";"Created at"\r\n"Two\r\nlines; ""quoted""";"2025-12-01"\r\n'
    assert texts(read(tmp_path, table)) == ['Two\nlines; "quoted"']


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_places_count_lines_as_an_editor_does(line_break: str, tmp_path: Path) -> None:
    table = line_break.join(["text,at", '"one', 'post",2025-12-01', "", "no time,", "x,2025-12-01"])
    records = read(tmp_path, table)
    assert texts(records) == ["one\npost", "x"]
    assert [record.place for record in records if hasattr(record, "place")] == ["reviews.csv, line 5"]


def test_members_and_channels_come_once(tmp_path: Path) -> None:
    records = read(tmp_path, "text,at,author\na,2025-12-01,Anna\nb,2025-12-01,Anna\n")
    assert len(members(records)) == len(channels(records)) == 1
    assert texts(records) == ["a", "b"]


def test_columns_are_known_by_their_usual_names() -> None:
    names = ["Review", "Date", "Customer", "Review ID", "Stars", "Subject", "Link", "Colour"]
    assert mapping(names, {}) == {
        "text": "Review",
        "at": "Date",
        "author": "Customer",
        "id": "Review ID",
        "rating": "Stars",
        "title": "Subject",
        "url": "Link",
    }


def test_a_column_that_is_named_wins_and_serves_once() -> None:
    assert mapping(["text", "comment", "at"], {"title": "text"}) == {"title": "text", "text": "comment", "at": "at"}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", {}),
        ("text=Review, at = Date,author=User,", {"text": "Review", "at": "Date", "author": "User"}),
        ("text=Review, long,at=Date", {"text": "Review, long", "at": "Date"}),
        ("text=a=b", {"text": "a=b"}),
    ],
)
def test_columns_are_read_as_a_person_writes_them(text: str, columns: dict[str, str]) -> None:
    assert read_columns(text) == columns


@pytest.mark.parametrize("text", ["Review", "colour=Review", "=Review", "text="])
def test_a_column_for_no_field_is_refused_with_the_fields_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=f"“{text}” should be FIELD=COLUMN, with a field of text, at"):
        read_columns(text)


def test_columns_can_be_named(tmp_path: Path) -> None:
    columns = {"text": "Meinung", "at": "Tag"}
    records = read(tmp_path, "Meinung,Tag\nLeckt.,01.12.2025\n", columns=columns, time_format="%d.%m.%Y")
    assert texts(records) == ["Leckt."]


@pytest.mark.parametrize("columns", [{}, {"text": "Reviw"}, {"at": "Reviw", "text": "review"}])
def test_a_column_that_is_missing_is_asked_for(columns: dict[str, str], tmp_path: Path) -> None:
    records = read(tmp_path, "verdict,day\nIt leaks.,2025-12-01\n", columns=columns)
    assert messages(records) == []
    (reason,) = reasons(records)
    assert "among verdict, day" in reason
    assert "--map" in reason


def test_each_line_of_json_may_have_its_own_fields(tmp_path: Path) -> None:
    records = read_lines(
        tmp_path,
        {"version": 1},
        {"text": "first", "at": "2025-12-01"},
        {"body": "second", "date": "2025-12-01", "author": "Anna"},
    )
    assert [(message.text, message.author) for message in messages(records)] == [
        ("first", "anonymous"),
        ("second", "Anna"),
    ]
    assert len(reasons(records)) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 50_000, "not JSON"),
        ("9" * 5000, "not JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ({"text": "", "at": "2025-12-01"}, "no text"),
        ({"text": {"a": 1}, "at": "2025-12-01"}, "no text"),
        ({"text": True, "at": "2025-12-01"}, "no text"),
        ({"text": "x", "at": None}, "time not understood"),
        ({"text": "x", "at": []}, "time not understood"),
        ({"text": "x", "at": "soon"}, "time not understood"),
        ({"text": "x", "at": "2025-12-01", "id": "i" * 301}, "bad id"),
        ({"text": "x", "at": "2025-12-01", "author": "i" * 301}, "bad author"),
        ({"text": "x", "at": "2025-12-01", "channel": "i" * 301}, "bad channel"),
        ({LONE_SURROGATE: "x"}, "no column for text and at"),
    ],
)
def test_a_line_that_cannot_be_read_is_counted_and_the_next_one_read(row: Any, reason: str, tmp_path: Path) -> None:
    records = read_lines(tmp_path, row, {"text": "next", "at": "2025-12-01"})
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


def test_a_text_that_is_not_unicode_is_cleaned_before_it_gets_an_id(tmp_path: Path) -> None:
    (message,) = messages(read_lines(tmp_path, {"text": f"{LONE_SURROGATE}x", "at": "2025-12-01"}))
    assert message.text == "x"


@pytest.mark.parametrize(("rating", "read_as"), [("4", 4.0), ("4,5", 4.5), (" 3.5 ", 3.5), ("", None)])
def test_ratings_are_read_with_a_point_or_a_comma(rating: str, read_as: float | None, tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, f'text,at,rating\nx,2025-12-01,"{rating}"\n'))
    assert message.rating == read_as


@pytest.mark.parametrize(
    ("rating", "read_as"),
    [
        ("4/5", 4.0),
        ("8 of 10", 4.0),
        ("4.0 out of 5 stars", 4.0),
        ("4 Sterne", 4.0),
        ("80/100", 4.0),
        ("0/10", 1.0),
        ("٤/٥", 4.0),
        ("★★★★☆", 4.0),
        ("⭐️⭐️", 2.0),
        ("★★★★★★★☆☆☆", 3.5),
    ],
)
def test_a_rating_is_read_on_the_scale_that_it_names(rating: str, read_as: float, tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, f"text,at,rating\nx,2025-12-01,{rating}\n"))
    assert message.rating == read_as


@pytest.mark.parametrize("rating", ["6", "0", "-3", "11/10", "5/0", "☆☆☆☆☆", "1e999", "1_0", "nan"])
def test_a_rating_beyond_its_scale_is_told_with_the_way_out_and_does_not_cost_the_text(
    rating: str, tmp_path: Path
) -> None:
    records = read(tmp_path, f"text,at,rating\nx,2025-12-01,{rating}\nnext,2025-12-01,5\n")
    assert [(message.text, message.rating) for message in messages(records)] == [("x", None), ("next", 5)]
    assert "rating=Score/10" in reasons(records)[0]


@pytest.mark.parametrize("rating", ["five", [1]])
def test_a_rating_that_is_no_number_is_told_and_does_not_cost_the_text(rating: Any, tmp_path: Path) -> None:
    records = read_lines(tmp_path, {"text": "x", "at": "2025-12-01", "rating": rating})
    assert [message.rating for message in messages(records)] == [None]
    assert reasons(records) == ["read without its rating, which is no number"]


@pytest.mark.parametrize("first", ["sep=;\r\n", "\ufeffsep=;\n", '"sep=;"\n'])
def test_the_line_in_which_excel_says_the_delimiter_is_not_the_header(first: str, tmp_path: Path) -> None:
    records = read(tmp_path, first + "text;at\nLeaks, again;2025-12-01\nx;soon")
    assert texts(records) == ["Leaks, again"]
    assert "line 4" in str(records[-1])


@pytest.mark.parametrize(
    ("times", "read_as"),
    [
        (["28.11.2026", "03.12.2026 10:15", "1.12.26"], ["2026-11-28 00:00", "2026-12-03 10:15", "2026-12-01 00:00"]),
        (
            ["12/3/2026", "11/28/2026 10:15 PM", "2026-12-01"],
            ["2026-12-03 00:00", "2026-11-28 22:15", "2026-12-01 00:00"],
        ),
        (
            ["Nov 28, 2026", "3 Dec 2026 10:15", "2026/12/01"],
            ["2026-11-28 00:00", "2026-12-03 10:15", "2026-12-01 00:00"],
        ),
    ],
)
def test_the_whole_column_tells_whether_the_day_or_the_month_comes_first(
    times: list[str], read_as: list[str], tmp_path: Path
) -> None:
    records = read_lines(tmp_path, *({"text": time, "at": time} for time in times))
    assert [f"{message.at:%Y-%m-%d %H:%M}" for message in messages(records)] == read_as


@pytest.mark.parametrize("times", [["03/04/2026", "05/04/2026"], ["28/11/2026", "11/28/2026", "03/04/2026"]])
def test_a_column_that_does_not_tell_day_and_month_apart_is_refused_with_the_way_out(
    times: list[str], tmp_path: Path
) -> None:
    records = read_lines(tmp_path, *({"text": "x", "at": time} for time in times))
    assert messages(records) == []
    assert {told.rpartition("--time-format")[2] for told in reasons(records)} == {
        " %d/%m/%Y or %m/%d/%Y on the command line"
    }


def test_the_order_that_is_given_holds_for_dates_with_and_without_a_time(tmp_path: Path) -> None:
    table = "text,at\nx,03.04.2026\ny,03.04.2026 10:15\n"
    read_ = messages(read(tmp_path, table, time_format="%d.%m.%Y"))
    assert [message.at for message in read_] == [
        datetime(2026, 4, 3, tzinfo=UTC),
        datetime(2026, 4, 3, 10, 15, tzinfo=UTC),
    ]


def test_a_day_that_there_is_not_is_counted(tmp_path: Path) -> None:
    records = read(tmp_path, "text,at\nx,28.11.2026\ny,31.02.2026\n")
    assert (texts(records), len(reasons(records))) == (["x"], 1)


def test_bare_numbers_are_read_on_the_scale_that_is_given(tmp_path: Path) -> None:
    table = "text,at,Score\nx,2025-12-01,7\ny,2025-12-01,4/5\nz,2025-12-01,\n"
    records = read(tmp_path, table, columns=read_columns("rating=Score/10"))
    assert [message.rating for message in messages(records)] == [3.5, 4.0, None]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("text,at,rating", "review"),
        ("text,at,author", "post"),
        ("description,at,ticket_id", "ticket"),
        ("description,at,subject,priority", "ticket"),
        ("Description,Created at,Ticket Status", "ticket"),
    ],
)
def test_a_table_says_by_its_columns_what_its_rows_are(header: str, kind: str, tmp_path: Path) -> None:
    values = {"text": "x", "description": "x", "at": "2025-12-01", "created at": "2025-12-01"}
    row = ",".join(values.get(name.lower(), "3") for name in header.split(","))
    (message,) = messages(read(tmp_path, f"{header}\n{row}\n"))
    assert message.kind == kind


def test_each_row_can_say_what_it_is_but_never_that_it_is_the_brands(tmp_path: Path) -> None:
    table = "text,at,kind\n" + "".join(f"x {kind},2025-12-01,{kind}\n" for kind in ("Ticket", "document", "poll", ""))
    assert [message.kind for message in messages(read(tmp_path, table))] == ["ticket", "post", "poll", "post"]


def test_the_kind_of_all_rows_can_be_given(tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, "text,at\nx,2025-12-01\n", columns=read_columns("kind=ticket")))
    assert message.kind == "ticket"


def test_what_the_brand_answered_in_the_row_is_a_message_in_its_thread(tmp_path: Path) -> None:
    table = "id,text,at,reply,reply_date\nr1,It leaks.,2025-12-01,Sorry!,2025-12-03\nr2,Nice.,2025-12-01,Thanks!,soon\n"
    records = read(tmp_path, table)
    assert [(m.id, m.author, m.text, m.thread, m.reply_to, m.at.day) for m in messages(records)] == [
        ("r1", "anonymous", "It leaks.", "r1", None, 1),
        ("r1#answer", "owner", "Sorry!", "r1", "r1", 3),
        ("r2", "anonymous", "Nice.", "r2", None, 1),
        ("r2#answer", "owner", "Thanks!", "r2", "r2", 1),
    ]
    assert [member.is_staff for member in members(records) if member.id == "owner"] == [True]


PLAY = (
    "Package Name,Star Rating,Review Submit Date and Time,Review Title,Review Text,"
    "Developer Reply Date and Time,Developer Reply Text,Review Link\n"
    "com.x,2,2025-12-01T08:38:56Z,,“Läuft” nicht,2025-12-02T09:00:00Z,Tut uns leid,https://play.example/r1\n"
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_the_reviews_of_an_app_store_are_read_as_they_come(encoding: str, tmp_path: Path) -> None:
    review, answer = messages(read(tmp_path, PLAY.encode(encoding)))
    assert (review.kind, review.text, review.rating) == ("review", "“Läuft” nicht", 2)
    assert (answer.author, answer.text, answer.at.day) == ("owner", "Tut uns leid", 2)


def test_a_table_that_is_not_utf8_at_all_is_read_as_excel_writes_it_and_said_to_be(tmp_path: Path) -> None:
    table = "text;at\nDie Tüte leckt – schade;2025-12-01\nSchön;2025-12-01\n"
    records = read(tmp_path, table.encode("cp1252"))
    assert texts(records) == ["Die Tüte leckt – schade", "Schön"]
    (reason,) = reasons(records)
    assert "Windows-1252" in reason


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_an_endless_line_in_another_encoding_is_counted_and_not_kept(encoding: str, tmp_path: Path) -> None:
    table = "text,at\n" + "é" * 1_000_000 + "\nü,2025-12-01\n"
    records = read(tmp_path, table.encode(encoding))
    assert texts(records) == ["ü"]
    assert "not UTF-8, or too long" in reasons(records)


def test_a_list_in_json_is_read_one_by_one(tmp_path: Path) -> None:
    rows = [{"text": "x", "at": "2025-12-01"}, 7, {"text": "y", "at": 1764583200}]
    records = read(tmp_path, "\ufeff" + json.dumps(rows), "reviews.json")
    assert recognises(tmp_path / "reviews.json")
    assert (texts(records), reasons(records)) == (["x", "y"], ["not a JSON object"])


def test_a_list_in_json_that_breaks_is_read_up_to_there(tmp_path: Path) -> None:
    records = read(tmp_path, json.dumps([{"text": "x", "at": "2025-12-01"}] * 2)[:-5], "reviews.json")
    assert texts(records) == ["x"]
    assert any("not readable as JSON" in reason for reason in reasons(records))


def test_equal_rows_are_told_apart_and_stay_the_same_in_a_newer_export(tmp_path: Path) -> None:
    row, other = "Good,2025-12-01\n", "Bad,2025-12-01\n"
    tables = (row * 2 + other, row * 2 + other, row + other + row * 2)
    saved = imported(MemoryMessageStore(), *(read(tmp_path, f"text,at\n{table}") for table in tables))
    assert saved == [(3, 0, 0), (0, 0, 3), (1, 0, 3)]


def test_a_number_is_a_text_too(tmp_path: Path) -> None:
    assert texts(read_lines(tmp_path, {"text": 42, "at": 1764583200})) == ["42"]


@pytest.mark.parametrize("content", ["", "\n\n", "text,at\n", "\ufeff", "\0"])
def test_a_table_without_rows_holds_nothing(content: str, tmp_path: Path) -> None:
    assert read(tmp_path, content) == []


def test_short_rows_lack_what_they_lack(tmp_path: Path) -> None:
    records = read(tmp_path, "text,at,author\nonly a text\nx,2025-12-01\nx,2025-12-01,Anna,more,and more\n")
    assert [message.author for message in messages(records)] == ["anonymous", "Anna"]
    assert len(reasons(records)) == 1


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.jsonl"])
def test_a_line_that_is_not_utf8_is_counted(name: str, tmp_path: Path) -> None:
    good = '{"text": "é", "at": "2025-12-01"}\n' if name.endswith("jsonl") else "é,2025-12-01\n"
    header = "" if name.endswith("jsonl") else "text,at\n"
    records = read(tmp_path, (header + good).encode() + b"caf\xe9,2025-12-01\n" + good.encode(), name)
    assert texts(records) == ["é", "é"]
    assert reasons(records) == ["not UTF-8, or too long"]


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.jsonl"])
def test_a_line_without_end_is_counted_and_not_kept(name: str, tmp_path: Path) -> None:
    good = '{"text": "x", "at": "2025-12-01"}' if name.endswith("jsonl") else "x,2025-12-01"
    header = "" if name.endswith("jsonl") else "text,at\n"
    records = read(tmp_path, header + "y" * 1_500_000 + "\n" + good, name)
    assert texts(records) == ["x"]
    assert reasons(records) == ["not UTF-8, or too long"]


def test_a_file_of_one_endless_line_holds_nothing(tmp_path: Path) -> None:
    assert reasons(read(tmp_path, "y," * 1_000_000)) == ["not UTF-8, or too long"]


def test_a_text_beyond_the_limit_is_counted(tmp_path: Path) -> None:
    records = read(tmp_path, f"text,at\n{'y' * 100_001},2025-12-01\nx,2025-12-01\n")
    assert texts(records) == ["x"]
    assert reasons(records) == ["text longer than 100000 characters"]


def test_a_quote_that_never_closes_does_not_stop_the_import(tmp_path: Path) -> None:
    records = read(tmp_path, 'text,at\n"open,2025-12-01\n' + "x,2025-12-01\n" * 12_000)
    assert any("broken row" in reason for reason in reasons(records))
    assert len(texts(records)) > 1000


def test_a_broken_header_is_counted(tmp_path: Path) -> None:
    records = read(tmp_path, "h" * 200_000 + "\nrow\n")
    assert any("broken row" in reason for reason in reasons(records))


def test_line_ends_of_the_last_century_are_counted(tmp_path: Path) -> None:
    records = read(tmp_path, "text,at\rx,2025-12-01\r")
    assert messages(records) == []
    assert len(reasons(records)) == 1


@pytest.mark.parametrize("at", ["reviews.csv", "gone.csv"])
def test_a_table_that_is_no_file_cannot_be_read_at_all(at: str, tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").mkdir()
    with pytest.raises(BadExport, match=at):
        list(tabular.read(tmp_path / at, Options()))


def test_a_file_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    assert_safe(read(tmp_path, "text,at\nx,2025-12-01\ny,soon\n", "r\udcff.csv"))


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_any_bytes_are_read_without_a_crash(tmp_path: Path, name: str, content: bytes) -> None:
    header = b"" if name.endswith("jsonl") else b"text,at\n"
    assert_safe(read(tmp_path, header + content, name))


cells = st.sampled_from(['"', ",", "x", "2025-12-01", "\n", "\0", "\r", "\u202e", "é", " ", ";", *HOSTILE_TEXTS])


@given(st.lists(cells, max_size=30).map("".join))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cells_are_read_without_a_crash(tmp_path: Path, content: str) -> None:
    table = f"text,at,author,id\n{content}\n".encode(errors="surrogatepass")
    assert_safe(read(tmp_path, table))


hostile_rows = st.dictionaries(
    st.sampled_from(
        ["text", "at", "author", "id", "title", "rating", "reply_to", "kind", "reply", "replied_at", LONE_SURROGATE]
    ),
    st.sampled_from(["2025-12-01", *HOSTILE_TEXTS]) | json_values,
)


@given(st.lists(hostile_rows | json_values, max_size=5))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_of_json_becomes_a_message_or_a_counted_skip(tmp_path: Path, rows: list[Any]) -> None:
    records = read_lines(tmp_path, *(json.dumps(row) for row in rows))
    assert_safe(records)
    assert len(messages(records)) + len(reasons(records)) >= len(rows)


@pytest.mark.parametrize(
    ("said", "meant"), [("private", "private"), ("Public", "public"), ("", "public"), ("vip", "private")]
)
def test_a_row_may_say_who_can_read_its_channel(said: str, meant: str) -> None:
    row = {"text": "hi", "at": "2025-12-01", "channel": "vip", "visibility": said}
    assert [channel.visibility for channel in channels(list(read_rows([row], "hook")))] == [meant]


def test_a_deletion_needs_no_time_and_takes_that_of_what_it_deletes() -> None:
    store = MemoryMessageStore()
    for rows in ([{"id": "w1", "text": "hi", "at": "2025-12-01"}], [{"id": "w1", "deleted": True}]):
        import_records(read_rows(rows, "hook"), store, "club")
    (message,) = store.everything("club")
    assert (message.deleted, message.text, message.at) == (True, "", datetime(2025, 12, 1, tzinfo=UTC))
