"""A draft's own words: what it says by itself, without what it took over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.checking.subject import Subject
from prompts.phrasebook import phrasebook
from tests.making import english, evidence, move, plan, profile, segment
from tests.unit.assistant.planted import LANGUAGES


def subject(text: str, language: str = "en", **slots: str | None) -> Subject:
    each = move("m1", "restate", slots=slots)
    return Subject(plan(each, language=language), (segment(text, "m1"),), profile(), english)


def own(text: str, language: str = "en", **slots: str | None) -> list[str]:
    of = subject(text, language, **slots)
    return of.own_words(*of.pairs[0]).split()


def test_facts_are_not_the_drafts_own_words() -> None:
    assert own("We send this: A new bag at our cost. Fine.", remedy="A new bag at our cost.") == [
        *("We", "send", "this:", "…", "Fine.")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotations_in_the_marks_of_the_language_are_not_its_own_words(language: str) -> None:
    opening, closing = phrasebook(language).quotes
    assert own(f"A {opening}b c d{closing} e.", language) == ["A", "…", "e."]


@pytest.mark.parametrize("quoted", ["“b c”", '"b c"', "«b c»", "„b c”", "„b c“"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_quotations_in_other_common_marks_are_not_either(language: str, quoted: str) -> None:
    assert own(f"A {quoted} e.", language) == ["A", "…", "e."]


def test_two_quotations_keep_the_words_between_them() -> None:
    assert own("“a” but “b”.") == ["…", "but", "…", "."]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_members_words_without_quotation_marks_are_the_drafts_own(language: str) -> None:
    opening, closing = phrasebook(language).quotes
    text = f"A {opening}b c{closing}: b c."
    assert own(text, language, quote="b c") == ["A", "…", ":", "b", "c."]


def test_a_mark_that_is_never_closed_hides_nothing() -> None:
    assert "refund" in own("“a refund for you")


def test_gaps_are_not_its_own_words() -> None:
    assert own("Because: [NEEDS the cause].") == ["Because:", "…", "."]


def test_what_stands_around_a_fact_does_not_run_together() -> None:
    assert own("re[NEEDS x]fund and refXfund", topic="X") == ["re", "…", "fund", "and", "ref", "…", "fund"]


def test_the_longest_fact_is_cut_first() -> None:
    assert own("A new bag at our cost.", short="new bag", long="A new bag at our cost") == ["…", "."]


def test_a_fact_that_nobody_gave_cuts_nothing() -> None:
    assert own("So it is.", cause=None, since="") == ["So", "it", "is."]


def test_segments_come_with_their_moves_in_the_order_of_the_plan() -> None:
    of = Subject(plan(move("m1"), move("m2")), (segment("b", "m2"), segment("a", "m1")), profile(), english)
    assert [(each.id, said.text) for each, said in of.pairs] == [("m1", "a"), ("m2", "b")]


def test_a_segment_without_a_move_is_not_examined() -> None:
    of = Subject(plan(move("m1")), (segment("a", "m9"),), profile(), english)
    assert of.pairs == ()


def test_the_facts_of_a_move_are_its_own_and_all_facts_are_everyones() -> None:
    first, second = move("m1", slots={"cause": "Too cool."}), move("m2", slots={"since": "May 1", "remedy": None})
    of = Subject(plan(first, second, evidence=(evidence(text="It leaks."),)), (), profile(), english)
    assert of.facts_of(first) == "Too cool."
    assert of.all_facts.split("\n") == ["Too cool.", "May 1", "It leaks."]


def test_each_wording_is_found_once() -> None:
    assert list(subject("x").found("remedies.refund", "A refund, a refund, refunded.")) == ["refund", "refunded"]


@given(text=st.text(max_size=60), fact=st.text(min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_fact_survives_in_the_own_words(text: str, fact: str) -> None:
    of = subject(f"{text}{fact}{text}", topic=fact)
    if fact not in " … ":
        assert fact not in of.own_words(*of.pairs[0])
