"""A draft never argues, silences, insults or gives orders, in eight languages."""

import pytest

from assistant.checking.arguing import check
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES, MEMBERS, SLIPS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_is_kind(language: str) -> None:
    of = reply(language)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


@pytest.mark.parametrize(
    ("slip", "verdict"), [("arguing", "argues or blames"), ("deleting", "removing criticism"), ("rude", "is rude")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_arguing_silencing_and_insulting_block(language: str, slip: str, verdict: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m2=getattr(SLIPS[language], slip)))
    assert ("block", "m2") in kinds(found)
    assert any(verdict in finding.message for finding in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_taken_over_from_a_post_blocks(language: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m4=MEMBERS[language].order))
    assert ("block", "m4") in kinds(found)
    assert any("reads like an order" in finding.message for finding in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_in_the_middle_of_kind_words_blocks(language: str) -> None:
    of = reply(language)
    kind_words = by_phrasebook(of)[1].text
    found = examined(check, of, by_phrasebook(of, m2=f"{kind_words} {MEMBERS[language].order} {kind_words}"))
    assert ("block", "m2") in kinds(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_letter_case_is_no_disguise(language: str) -> None:
    of = reply(language)
    assert ("block", "m2") in kinds(examined(check, of, by_phrasebook(of, m2=SLIPS[language].rude.upper())))


def test_what_a_member_wrote_may_be_quoted() -> None:
    assert examined(check, *one("You wrote: “you should have told us”.", name="restate")) == []


@pytest.mark.parametrize(
    "text",
    [
        "You are right about that.",
        "This is our fault, not yours.",
        "We should have told you earlier.",
        "We are sorry that the bag leaks.",
        "We have read your post.",
        "It is clear to us.",
    ],
)
def test_owning_up_is_no_arguing(text: str) -> None:
    assert examined(check, *one(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "We are sorry if you felt that way.",
        "Sorry, but the bag was fine.",
        "As we already said, it is fine.",
        "With all due respect, no.",
        "No one else complained.",
        "Actually, you opened it.",
        "Please calm down.",
        "That is not our fault.",
    ],
)
def test_apologies_that_take_themselves_back_and_lectures_block(text: str) -> None:
    assert kinds(examined(check, *one(text))) == [("block", "m1")]


def test_a_person_does_not_argue_either() -> None:
    assert kinds(examined(check, *one("You should have read it.", author="person"))) == [("block", "m1")]
