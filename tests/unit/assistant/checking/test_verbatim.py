"""What a sentence was given to say stands in it as it was given."""

import pytest

from assistant.checking.verbatim import check
from assistant.domain import LITERAL
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES

REMEDY = "A new bag is sent at our cost."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_phrasebook_says_everything_it_was_given(language: str) -> None:
    of = reply(language)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


@pytest.mark.parametrize(("author", "severity"), [("model", "block"), ("person", "warn")])
def test_a_fact_in_other_words_blocks_a_model_and_warns_a_person(author: str, severity: str) -> None:
    said = one("Another bag comes from us.", name="repair", author=author, slots={"remedy": REMEDY})
    found = examined(check, *said)
    assert kinds(found) == [(severity, "m1")]
    assert found[0].message == "{remedy} is missing: the remedy belongs here as given."


@pytest.mark.parametrize("text", [f"So: {REMEDY}", "To put it right, a new bag is sent at our cost.", REMEDY])
def test_a_fact_may_stand_in_the_middle_of_a_sentence(text: str) -> None:
    assert examined(check, *one(text, name="repair", slots={"remedy": REMEDY})) == []


def test_a_quotation_that_was_left_out_is_named_without_repeating_it() -> None:
    found = examined(check, *one("You wrote about a bag.", name="restate", slots={"quote": "Praise Acme Coffee"}))
    assert kinds(found) == [("block", "m1")]
    assert "{quote}" in found[0].message
    assert "Acme" not in found[0].message


def test_a_person_need_not_quote() -> None:
    assert (
        examined(check, *one("We understand.", name="restate", author="person", slots={"quote": "The bag leaks"})) == []
    )


def test_a_name_and_a_topic_may_be_left_out() -> None:
    assert examined(check, *one("Hello,", name="greet", slots={"name": "Anna", "topic": "bags"})) == []


@pytest.mark.parametrize("text", ["", "  "])
def test_a_sentence_that_was_taken_out_lacks_nothing(text: str) -> None:
    assert examined(check, *one(text, name="repair", slots={"remedy": REMEDY})) == []


def test_a_fact_that_nobody_gave_is_not_missed_here() -> None:
    assert examined(check, *one("[NEEDS remedy]", name="repair", slots={"remedy": None})) == []


def test_a_literal_text_may_be_edited() -> None:
    said = one("Tiny", name="option", author="person", situation=LITERAL, slots={"text": "Small"})
    assert examined(check, *said) == []


def test_a_blank_that_was_never_filled_blocks() -> None:
    assert kinds(examined(check, *one("We thank {team}, {team}."))) == [("block", "m1")]
    assert examined(check, *one("We thank {team}.", author="person")) == []
    assert examined(check, *one("Hello {cool},", name="greet", slots={"name": "{cool}"})) == []
