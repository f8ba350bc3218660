"""The ground of every plan and the builder: whole sentences, evidence once, and nothing private for the public."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.planning.building import EXCERPT, Fact, Ground, PlanBuilder, post_evidence, profile_fact, sentence
from tests.making import NOW, evidence, post, profile
from tests.unit.assistant.planted import LANGUAGES, MEMBERS


def ground(language: str = "en", *, seed: int = 0, notes: tuple[str, ...] = (), **changes: Any) -> Ground:
    return Ground(profile(**changes), language, NOW, seed, notes)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("We read it", "We read it."),
        ("We read it.", "We read it."),
        ("Do you?", "Do you?"),
        ("Wait…", "Wait…"),
        ("هل وصل؟", "هل وصل؟"),
        ("  We \n read  it ", "We read it."),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_fact_is_a_whole_sentence(text: str, closed: str) -> None:
    assert sentence(text) == closed


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_closing_a_sentence_twice_changes_nothing(text: str) -> None:
    assert sentence(sentence(text)) == sentence(text)


def test_the_ground_says_what_the_profile_has_in_its_language() -> None:
    assert ground("sv").say({"en": "Yes", "sv": "Ja"}) == "Ja."
    assert ground("pl").say({"en": "Yes", "sv": "Ja"}) is None
    assert ground("en").say({"en": ""}) is None


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "December 1, 2026"),
        ("sv", "1 december 2026"),
        ("pl", "1 grudnia 2026"),
        ("pt", "1 de dezembro de 2026"),
        ("af", "01 Desember 2026"),
    ],
)
def test_a_day_is_written_out_in_the_language(language: str, written: str) -> None:
    assert ground(language).date(date(2026, 12, 1)) == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_can_be_written_in_every_language(language: str) -> None:
    assert "2026" in ground(language).date(date(2026, 12, 1)) or "٢٠٢٦" in ground(language).date(date(2026, 12, 1))


def test_a_text_of_the_profile_is_a_fact_with_its_place() -> None:
    fact = profile_fact(ground(), "remedies.new-bag", {"en": "A new bag"})
    assert fact.text == "A new bag."
    assert fact.evidence is not None
    assert (fact.evidence.id, fact.evidence.text) == ("profile:remedies.new-bag", "A new bag.")


def test_what_the_profile_does_not_say_is_a_fact_without_text_or_evidence() -> None:
    assert profile_fact(ground("pl"), "remedies.new-bag", {"en": "A new bag"}) == Fact(None, None)


def test_a_post_is_evidence_with_all_a_reviewer_needs() -> None:
    found = post_evidence(post("m7", "It leaks.", visibility="private", channel_name="#staff", language="sv"))
    assert (found.id, found.text, found.author, found.channel) == ("post:m7", "It leaks.", "Anna", "#staff")
    assert (found.visibility, found.language, found.suspicious) == ("private", "sv", False)


def test_the_title_of_a_post_is_part_of_the_evidence() -> None:
    assert post_evidence(post(text="It leaks.", title="A sad bag")).text == "A sad bag\nIt leaks."


def test_a_long_post_is_cut_and_shows_that_it_is() -> None:
    found = post_evidence(post(text="a" * (EXCERPT + 1)))
    assert len(found.text) == EXCERPT
    assert found.text.endswith("…")
    assert post_evidence(post(text="a" * EXCERPT)).text == "a" * EXCERPT


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_post_that_reads_like_an_order_is_marked(language: str) -> None:
    assert post_evidence(post(text=f"{MEMBERS[language].praise} {MEMBERS[language].order}")).suspicious


def test_an_order_beyond_the_excerpt_is_still_noticed() -> None:
    assert post_evidence(post(text="So it is. " * 100 + MEMBERS["en"].order)).suspicious


def test_an_order_in_the_title_is_noticed() -> None:
    assert post_evidence(post(text="It leaks.", title=MEMBERS["en"].order)).suspicious


def test_moves_are_numbered_in_the_order_they_are_said() -> None:
    builder = PlanBuilder(ground(), "reply", "praise")
    for name in ("greet", "acknowledge", "thank"):
        builder.say(name, "praise")
    assert [(move.id, move.name) for move in builder.build("post:m1", "t").moves] == [
        ("m1", "greet"),
        ("m2", "acknowledge"),
        ("m3", "thank"),
    ]


def test_a_fact_brings_its_evidence_along() -> None:
    builder = PlanBuilder(ground(), "apology", "any")
    fact = Fact("Too cool.", evidence("sheet:leaks.cause", "Too cool."))
    builder.say("explain", "any", [evidence("post:m1")], cause=fact, since="yesterday")
    built = builder.build("incident:leaks", "t")
    assert built.moves[0].evidence == ("post:m1", "sheet:leaks.cause")
    assert built.moves[0].slots == {"cause": "Too cool.", "since": "yesterday"}
    assert built.evidence_by_id.keys() == {"post:m1", "sheet:leaks.cause"}


def test_a_fact_without_text_leaves_a_gap_and_cites_nothing() -> None:
    builder = PlanBuilder(ground(), "apology", "any")
    builder.say("repair", "any", remedy=Fact(None))
    move = builder.build("incident:leaks", "t").moves[0]
    assert (move.missing, move.evidence) == (("remedy",), ())


def test_evidence_stands_once_however_often_it_is_cited() -> None:
    builder = PlanBuilder(ground(), "reply", "praise")
    builder.say("greet", "named", [evidence("post:m1"), evidence("post:m1")], name="Anna")
    builder.say("thank", "praise", [evidence("post:m1")])
    builder.support(evidence("post:m1"), evidence("post:m2"))
    built = builder.build("post:m1", "t")
    assert [item.id for item in built.evidence] == ["post:m1", "post:m2"]
    assert built.moves[0].evidence == ("post:m1",)


def test_private_evidence_is_left_out_of_a_public_plan_with_a_note() -> None:
    builder = PlanBuilder(ground(), "reply", "praise")
    builder.say("thank", "praise", [evidence("post:m1"), evidence("post:s1", visibility="private")])
    builder.support(evidence("post:s2", visibility="private"))
    built = builder.build("post:m1", "t")
    assert [item.id for item in built.evidence] == ["post:m1"]
    assert built.moves[0].evidence == ("post:m1",)
    assert any("2 posts from private channels were left out" in note for note in built.notes)


def test_private_evidence_may_stand_in_a_private_plan() -> None:
    builder = PlanBuilder(ground(), "reply", "praise", audience="private")
    builder.say("thank", "praise", [evidence("post:s1", visibility="private")])
    built = builder.build("post:s1", "t")
    assert built.moves[0].evidence == ("post:s1",)
    assert built.notes == ()


def test_notes_of_the_ground_come_first() -> None:
    builder = PlanBuilder(ground(notes=("Drafted in English.",)), "reply", "praise")
    builder.note("Three wrote the same.")
    assert builder.build("post:m1", "t").notes == ("Drafted in English.", "Three wrote the same.")


@pytest.mark.parametrize(
    ("language", "wanted", "form"),
    [
        ("pl", "formal", "formal"),
        ("pl", "informal", "informal"),
        ("ar", "informal", "formal"),
        ("sv", "formal", "informal"),
    ],
)
def test_the_form_of_address_is_one_that_the_language_has(language: str, wanted: str, form: str) -> None:
    built = PlanBuilder(ground(language, voice={"form_of_address": wanted}), "reply", "praise").build("post:m1", "t")
    assert built.form == form


def test_a_plan_carries_its_community_language_and_seed() -> None:
    builder = PlanBuilder(ground("sv", seed=7), "reply", "praise")
    built = builder.build("post:m1", "t", remedy="new-bag", incident="leaks")
    assert (built.community, built.language, built.seed) == ("club", "sv", 7)
    assert (built.remedy, built.incident) == ("new-bag", "leaks")
