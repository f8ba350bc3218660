"""Which format an export is in: told by its content, or by a name."""

from pathlib import Path

import pytest

from knowledge.errors import BadExport, UnknownFormat
from knowledge.importers import FORMATS, Format, recognise
from knowledge.importers.source import Options
from knowledge.messages import Skipped
from tests.unit.knowledge.importers.exports import (
    discourse_post,
    slack_export,
    slack_message,
    with_a_broken_directory,
    write_json,
    zipped,
    zipped_folder,
)


def test_a_slack_folder_is_recognised(tmp_path: Path) -> None:
    assert recognise(slack_export(tmp_path, slack_message())).name == "slack"


def test_a_slack_archive_is_recognised(tmp_path: Path) -> None:
    folder = slack_export(tmp_path / "export", slack_message())
    assert recognise(zipped_folder(folder, tmp_path / "export.zip")).name == "slack"


@pytest.mark.parametrize(
    "content",
    [
        discourse_post(),
        [discourse_post()],
        {"latest_posts": [discourse_post()]},
        {"id": 7, "title": "Bags", "post_stream": {"posts": [discourse_post()]}},
    ],
    ids=["post", "list", "latest", "topic"],
)
def test_discourse_is_recognised_in_each_of_its_shapes(content: object, tmp_path: Path) -> None:
    assert recognise(write_json(tmp_path / "posts.json", content)).name == "discourse"


def test_discourse_is_recognised_behind_a_broken_first_file(tmp_path: Path) -> None:
    (tmp_path / "0.json").write_text("{", encoding="utf-8")
    write_json(tmp_path / "1.json", [discourse_post()])
    assert recognise(tmp_path).name == "discourse"


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.TSV", "reviews.jsonl", "reviews.ndjson"])
def test_a_table_is_recognised_by_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("text,at\n", encoding="utf-8")
    assert recognise(tmp_path / name).name == "table"


def test_what_does_not_exist_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="does not exist"):
        recognise(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["", "PK", "[]", '{"a": 1}', "[[[["])
def test_what_is_none_of_the_formats_is_refused_with_a_way_out(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(UnknownFormat, match="--map"):
        recognise(tmp_path / "x.json")


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        recognise(zipped(tmp_path / "photos.zip", {"a.txt": "hello"}))


def test_an_archive_that_breaks_whoever_opens_it_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="damaged, name its format"):
        recognise(with_a_broken_directory(zipped(tmp_path / "export.zip", {"channels.json": "[]"})))


def test_a_format_can_be_asked_for_by_name(tmp_path: Path) -> None:
    assert recognise(write_json(tmp_path / "x.json", []), "discourse").name == "discourse"


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"slack, .*discourse, .*table, documents"):
        recognise(tmp_path, "fidonet")


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
@pytest.mark.parametrize("shape", ["text", "folder", "archive"])
def test_the_wrong_format_asked_for_by_name_says_that_nothing_could_be_read(
    format_: Format, shape: str, tmp_path: Path
) -> None:
    path = tmp_path / "export"
    if shape == "text":
        path.write_text("nothing that we know", encoding="utf-8")
    elif shape == "folder":
        path.mkdir()
    else:
        zipped(path, {"a.txt": "hello"})
    if (format_.name, shape) == ("table", "folder"):
        with pytest.raises(BadExport, match="not a file"):
            list(format_.read(path, Options()))
        return
    records = list(format_.read(path, Options()))
    assert all(isinstance(record, Skipped) for record in records)
    assert records or format_.name == "table"
