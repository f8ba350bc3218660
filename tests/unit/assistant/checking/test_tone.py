"""The calm voice: it neither shouts nor exclaims."""

import pytest

from assistant.checking.tone import check
from tests.making import evidence
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_is_calm(language: str) -> None:
    of = reply(language)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_exclamation_mark_is_a_warning(language: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m4=by_phrasebook(of)[3].text.rstrip(".") + "!"))
    assert kinds(found) == [("warn", "m4")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_exclamation_mark_blocks(language: str) -> None:
    of = reply(language)
    _, second, _, fourth = (segment.text.rstrip(".") + "!" for segment in by_phrasebook(of))
    assert kinds(examined(check, of, by_phrasebook(of, m2=second, m4=fourth))) == [("warn", "m2"), ("block", "m4")]


@pytest.mark.parametrize("marks", ["!!", "!!!", "！！"])
def test_several_marks_in_a_row_block(marks: str) -> None:
    assert kinds(examined(check, *one(f"Thank you{marks}"))) == [("block", "m1")]


def test_two_marks_in_one_sentence_block() -> None:
    assert kinds(examined(check, *one("Hello! Thank you!"))) == [("block", "m1")]


def test_a_mark_in_a_quotation_is_the_members_own() -> None:
    assert examined(check, *one("You wrote: “so good!!!”.", name="restate")) == []


@pytest.mark.parametrize(
    ("language", "shout"),
    [
        ("en", "PLEASE"),
        ("sv", "SNÄLLA"),
        ("pl", "PROSZĘ"),
        ("pt", "ATENÇÃO"),
        ("af", "ASSEBLIEF"),
        ("zu", "NGIYABONGA"),
    ],
)
def test_capitals_for_emphasis_block(language: str, shout: str) -> None:
    found = examined(check, *one(f"Read {shout} this.", language=language))
    assert kinds(found) == [("block", "m1")]
    assert f"“{shout}” shouts." in found[0].message


@pytest.mark.parametrize("text", ["The USB port.", "IKEA", "A to Z, OK.", "McDONALD", "ABC-DEF", "x2ABCD"])
def test_short_abbreviations_do_not_shout(text: str) -> None:
    known = (evidence("post:m1", "I am from IKEA. McDONALD x2ABCD"),)
    assert examined(check, *one(text, known=known)) == []


def test_a_name_in_capitals_that_the_evidence_has_may_stand() -> None:
    known = (evidence("post:m1", "My AEROPRESS broke."),)
    assert examined(check, *one("The AEROPRESS again.", known=known)) == []
    assert kinds(examined(check, *one("The HARIO again.", known=known))) == [("block", "m1")]


def test_the_same_shout_is_named_once_for_a_sentence() -> None:
    assert len(examined(check, *one("RELAX and RELAX."))) == 1


def test_a_gap_does_not_shout() -> None:
    assert examined(check, *one("[NEEDS cause]")) == []
