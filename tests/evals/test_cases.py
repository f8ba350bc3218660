"""Reading a suite: good lines become cases, bad ones are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import BadPlan
from evals.cases import CasePost, load_suite

GOOD: dict[str, Any] = {"id": "one", "kind": "reply", "language": "en", "posts": ["m1"], "answer": "m1"}


def suite(folder: Path, *lines: Any) -> str:
    path = folder / "mine.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return str(path)


def test_a_line_becomes_a_case_with_defaults(tmp_path: Path) -> None:
    (case,) = load_suite(suite(tmp_path, GOOD))
    assert (case.id, case.kind, case.language, case.answer) == ("one", "reply", "en", "m1")
    assert (case.outcome, case.hostile, case.mentions) == ("draft", False, ())


def test_a_case_may_bring_posts_of_its_own(tmp_path: Path) -> None:
    own = {"id": "p", "text": "Hello", "visibility": "private"}
    (case,) = load_suite(suite(tmp_path, {**GOOD, "posts": [own, "m2"]}))
    assert case.posts == (CasePost(id="p", text="Hello", visibility="private"), "m2")


def test_empty_lines_count_but_are_no_cases(tmp_path: Path) -> None:
    with pytest.raises(BadPlan, match="line 4"):
        load_suite(suite(tmp_path, GOOD, "", "   ", "{}"))


def test_characters_that_only_unicode_takes_for_line_ends_stay_in_their_text(tmp_path: Path) -> None:
    (case,) = load_suite(suite(tmp_path, {**GOOD, "topic": "one\u2028two\x85three"}))
    assert case.topic == "one\u2028two\x85three"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", "the line: Invalid JSON"),
        ('["a", "list"]', "line 2"),
        ({**GOOD, "id": "two", "kind": "song"}, "kind"),
        ({**GOOD, "id": "two", "colour": "red"}, "colour"),
        ({"id": "two", "kind": "poll"}, "language"),
        ({**GOOD, "id": "two", "outcome": "applause"}, "outcome"),
        ({**GOOD, "id": "two", "posts": [{"id": "p"}]}, "posts"),
        (GOOD, "“one” stands there twice"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_its_number(tmp_path: Path, line: Any, said: str) -> None:
    with pytest.raises(BadPlan) as caught:
        load_suite(suite(tmp_path, GOOD, line))
    assert str(caught.value).startswith(f"{tmp_path / 'mine.jsonl'}, line 2:")
    assert said in str(caught.value)


def test_a_line_that_is_not_utf8_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(json.dumps(GOOD).encode() + b'\n{"id": "\xff", "kind": "reply", "language": "en"}\n')
    with pytest.raises(BadPlan, match=r"mine\.jsonl, line 2:"):
        load_suite(str(path))


@pytest.mark.parametrize("name", ["nowhere", "/nowhere/at/all.jsonl"])
def test_a_suite_that_is_not_there_is_refused_with_what_is(name: str) -> None:
    with pytest.raises(BadPlan, match=r"There is no suite “.*”\. Known: .*core"):
        load_suite(name)
