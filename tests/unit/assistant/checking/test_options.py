"""A poll's options: enough, different, and short enough for where polls are held."""

from collections.abc import Sequence

import pytest

from assistant.checking.options import LONGEST, MOST, check
from assistant.domain import Finding
from tests.making import move, plan, segment
from tests.unit.assistant.checking.drafts import examined, kinds
from tests.unit.assistant.planted import LANGUAGES, MEMBERS


def options(*texts: str) -> Sequence[Finding]:
    moves = [move(f"m{n}", "option") for n in range(1, len(texts) + 1)]
    return examined(check, plan(*moves, kind="poll"), [segment(text, f"m{n}") for n, text in enumerate(texts, 1)])


def test_short_and_different_options_pass() -> None:
    assert options("Small", "Large", "None of these") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_wishes_of_members_never_block(language: str) -> None:
    assert all(finding.severity == "warn" for finding in options(*MEMBERS[language].wishes))


@pytest.mark.parametrize("again", ["Small", "small", " Small ", "SMALL.", "Small?", "Sm all "])
def test_the_same_option_twice_blocks(again: str) -> None:
    found = options("Small", "Large", again)
    assert kinds(found) == ([("block", "m3")] if again != "Sm all " else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_wish_twice_blocks_in_every_language(language: str) -> None:
    wish = MEMBERS[language].wishes[0]
    assert ("block", "m2") in kinds(options(wish, f"{wish.upper()}."))


def test_ten_options_are_the_most() -> None:
    assert options(*(f"Option {n}" for n in range(MOST))) == []
    assert kinds(options(*(f"Option {n}" for n in range(MOST + 1)))) == [("block", None)]


@pytest.mark.parametrize(
    ("length", "severity", "platforms"),
    [
        (25, None, ""),
        (26, "warn", "X and Threads"),
        (30, "warn", "X and Threads"),
        (31, "warn", "X and Threads, LinkedIn"),
        (50, "warn", "X and Threads, LinkedIn"),
        (51, "warn", "X and Threads, LinkedIn, Mastodon"),
        (LONGEST, "warn", "X and Threads, LinkedIn, Mastodon"),
        (LONGEST + 1, "block", f"{LONGEST} at most"),
    ],
)
def test_a_long_option_names_the_places_that_it_is_too_long_for(
    length: int, severity: str | None, platforms: str
) -> None:
    found = options("a" * length)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(platforms in finding.message for finding in found)


def test_other_moves_are_not_options() -> None:
    of = plan(move("m1", "question"), move("m2", "hook"), kind="poll")
    assert examined(check, of, [segment("a" * 90, "m1"), segment("a" * 90, "m2")]) == []
