"""As long as the kind allows, and no sentence without end."""

import pytest

from assistant.checking.length import LONGEST, SEGMENT, check
from assistant.domain import KINDS, Kind
from tests.making import move, plan, segment
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_is_short_enough(language: str) -> None:
    of = reply(language)
    assert examined(check, of, by_phrasebook(of)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_that_is_too_long_blocks(kind: Kind) -> None:
    names = {"reply": "thank", "apology": "own", "poll": "hook", "challenge": "task"}
    longest = LONGEST[kind]
    count = longest // 600
    moves = [move(f"m{n}", names[kind]) for n in range(count)]
    spaces = count - 1
    fitting = [segment("a" * 600, each.id) for each in moves[:-1]]
    rest = longest - 600 * (count - 1) - spaces
    of = plan(*moves, kind=kind)
    assert kinds(examined(check, of, [*fitting, segment("a" * rest, moves[-1].id)])) in ([], [("block", moves[-1].id)])
    found = examined(check, of, [*fitting, segment("a" * (rest + 1), moves[-1].id)])
    assert kinds(found)[0] == ("block", None)
    assert f"{longest + 1} characters" in found[0].message


def test_a_sentence_without_end_blocks() -> None:
    assert examined(check, *one("a" * SEGMENT)) == []
    assert kinds(examined(check, *one("a" * (SEGMENT + 1)))) == [("block", "m1")]


def test_a_long_fact_does_not_count_against_its_sentence() -> None:
    fact = "b" * 300
    of, segments = one("a" * (SEGMENT - 10) + fact, slots={"remedy": fact})
    assert examined(check, of, segments) == []


def test_a_sentence_taken_out_takes_no_room() -> None:
    of = plan(*(move(f"m{n}", "thank") for n in range(4)))
    assert examined(check, of, [segment("a" * 400, "m0"), segment("", "m1"), segment("a" * 400, "m2")]) == []
