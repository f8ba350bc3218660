"""The phrasebook writer: always the same for the same seed, another phrase for another attempt, and every move."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain import KINDS, LITERAL, VOCABULARY, Kind, Move, Plan
from assistant.writing.phrasebook import PhrasebookWriter
from prompts.files import languages
from prompts.phrasebook import SLOTS, Form, phrasebook
from tests.making import move, plan

WRITER = PhrasebookWriter()
LANGUAGES = languages("phrasebooks")
FORMS = [(language, form) for language in LANGUAGES for form in phrasebook(language).forms]


def text(of: Move, attempt: int = 0, **changes: object) -> str:
    return WRITER.write(plan(of, **changes), [of], attempt=attempt).segments[of.id].text


def whole(kind: Kind, language: str, form: Form, *, seed: int = 0, value: str | None = "so it is.") -> Plan:
    """A plan with every move and situation that a kind knows, each slot holding the same fact."""
    keys = [key for key in SLOTS if key[0] == kind]
    order = [rule.name for rule in VOCABULARY[kind]]
    moves = [
        move(f"m{n}", key[1], key[2], slots=dict.fromkeys(sorted(SLOTS[key]), value))
        for n, key in enumerate(sorted(keys, key=lambda key: order.index(key[1])), 1)
    ]
    return plan(*moves, kind=kind, language=language, form=form, seed=seed)


@pytest.mark.parametrize(("language", "form"), FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_move_of_every_kind_is_written(kind: Kind, language: str, form: Form) -> None:
    of = whole(kind, language, form)
    written = WRITER.write(of, of.moves).segments
    assert written.keys() == {move.id for move in of.moves}
    assert all(segment.text and segment.author == "phrasebook" for segment in written.values())


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_sentences_end_properly(language: str, form: Form) -> None:
    for kind in KINDS:
        of = whole(kind, language, form)
        for attempt in range(5):
            for segment in WRITER.write(of, of.moves, attempt=attempt).segments.values():
                name = of.move(segment.move).name
                if name not in ("greet", "title", "option"):
                    assert segment.text.rstrip("”»").endswith((".", "?", "؟")), segment.text
                assert ".." not in segment.text


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_facts_stand_word_for_word(language: str, form: Form) -> None:
    for kind in KINDS:
        of = whole(kind, language, form, value="Xyz 12 {q} % \\1 words.")
        for segment in WRITER.write(of, of.moves).segments.values():
            each = of.move(segment.move)
            if each.slots and each.name != "task":
                assert "Xyz 12 {q} % \\1 words." in segment.text


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_a_fact_that_nobody_gave_stands_as_a_gap(language: str, form: Form) -> None:
    of = whole("apology", language, form, value=None)
    written = WRITER.write(of, of.moves).segments
    for each in of.moves:
        for name in each.slots:
            assert f"[NEEDS {name.replace('_', ' ')}]" in written[each.id].text


def test_the_same_plan_is_always_written_alike() -> None:
    of = whole("reply", "en", "informal", seed=5)
    again = whole("reply", "en", "informal", seed=5)
    assert WRITER.write(of, of.moves) == PhrasebookWriter().write(again, again.moves)


def test_the_choice_does_not_depend_on_which_moves_are_asked_for() -> None:
    of = whole("reply", "en", "informal")
    everything = WRITER.write(of, of.moves).segments
    for each in of.moves:
        assert WRITER.write(of, [each]).segments[each.id] == everything[each.id]


def test_another_seed_chooses_other_phrases() -> None:
    texts = {
        tuple(segment.text for segment in WRITER.write(of, of.moves).segments.values())
        for of in (whole("reply", "en", "informal", seed=seed) for seed in range(5))
    }
    assert len(texts) == 5


def test_another_subject_chooses_other_phrases() -> None:
    of = move("m1", "thank", "praise")
    assert len({text(of, subject=f"post:{n}") for n in range(20)}) == 3


def test_no_variant_is_left_out_by_chance() -> None:
    of = move("m1", "acknowledge", "criticism")
    seen = {text(of, seed=seed) for seed in range(60)}
    assert seen == set(phrasebook("en").variants("reply", "acknowledge", "criticism", "informal"))


@given(seed=st.integers(), language=st.sampled_from(LANGUAGES), attempt=st.integers(min_value=0, max_value=50))
@settings(max_examples=60, deadline=None)
def test_another_attempt_is_another_phrase(seed: int, language: str, attempt: int) -> None:
    of = move("m1", "thank", "praise")
    form = phrasebook(language).forms[0]
    first, second = (text(of, n, seed=seed, language=language, form=form) for n in (attempt, attempt + 1))
    assert first != second


def test_attempts_come_round_to_the_first_phrase_again() -> None:
    of = move("m1", "thank", "praise")
    count = len(phrasebook("en").variants("reply", "thank", "praise", "informal"))
    assert text(of, 0) == text(of, count)
    assert len({text(of, attempt) for attempt in range(count)}) == count


def test_a_literal_move_is_said_as_it_is() -> None:
    of = move("m1", "option", LITERAL, slots={"text": "Small {size}.."})
    assert text(of, kind="poll") == "Small {size}.."
    assert text(of, 3, kind="poll") == "Small {size}.."


def test_a_literal_move_without_its_text_is_a_gap() -> None:
    assert text(move("m1", "option", LITERAL, slots={"text": None}), kind="poll") == "[NEEDS text]"


def test_the_form_of_address_is_followed() -> None:
    of = move("m1", "thank", "wish")
    formal = {text(of, attempt, language="pl", form="formal") for attempt in range(3)}
    informal = {text(of, attempt, language="pl", form="informal") for attempt in range(3)}
    assert any("Państwo" in each for each in formal)
    assert not any("Państwo" in each for each in informal)


def test_a_name_that_ends_with_a_stop_brings_no_second_one() -> None:
    of = move("m1", "greet", "named", slots={"name": "Piotr W."})
    texts = {text(of, attempt, language="pl", form="informal") for attempt in range(3)}
    assert "Cześć, Piotr W." in texts
    assert not any(".." in each for each in texts)


def test_an_ellipsis_is_no_double_stop() -> None:
    of = move("m1", "repair", "criticism", slots={"remedy": "We wait..."})
    assert text(of).endswith("We wait...")


def test_the_evidence_of_a_move_is_that_of_its_segment() -> None:
    of = move("m1", "thank", "praise", evidence=("post:m1", "post:m2"))
    assert WRITER.write(plan(of), [of]).segments["m1"].evidence == ("post:m1", "post:m2")


def test_the_writer_says_who_it_is_and_costs_nothing() -> None:
    provenance = WRITER.write(plan(), []).provenance
    assert (provenance.writer, provenance.model, provenance.tokens_in, provenance.cost) == ("phrasebook", None, 0, None)


def test_a_situation_without_a_phrase_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        text(move("m1", "thank", "boredom"))
