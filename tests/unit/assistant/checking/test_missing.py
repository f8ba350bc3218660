"""A fact that nobody gave is seen, in every language."""

import pytest

from assistant.checking.missing import check
from assistant.domain import MISSING_FACT
from tests.making import move
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_complete_draft_has_no_gap(language: str) -> None:
    of = reply(language)
    assert examined(check, of, by_phrasebook(of)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gap_of_a_missing_fact_blocks(language: str) -> None:
    of = reply(language, None, move("m5", "next_step", "criticism", slots={"contact": None}))
    found = examined(check, of, by_phrasebook(of))
    assert kinds(found) == [("block", "m5")]
    assert found[0].check == MISSING_FACT
    assert "[NEEDS contact]" in found[0].message


def test_each_gap_is_named() -> None:
    of, segments = one("Since [NEEDS since], because [NEEDS the cause].")
    assert [f.message.split(":")[0] for f in examined(check, of, segments)] == ["[NEEDS since]", "[NEEDS the cause]"]


@pytest.mark.parametrize("text", ["[needs cause]", "Everyone NEEDS coffee.", "[NEEDS]", "[ ]"])
def test_what_only_looks_like_a_gap_is_none(text: str) -> None:
    assert examined(check, *one(text)) == []


def test_a_gap_that_a_person_left_blocks_as_well() -> None:
    assert kinds(examined(check, *one("Call [NEEDS number].", author="person"))) == [("block", "m1")]
