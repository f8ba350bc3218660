"""One form of address throughout."""

import pytest

from assistant.checking.form import check
from prompts.files import languages
from prompts.phrasebook import Form, phrasebook
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply

FORMS = [(language, form) for language in languages("phrasebooks") for form in phrasebook(language).forms]


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_a_phrasebook_draft_keeps_its_form(language: str, form: Form) -> None:
    of = reply(language, form)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


@pytest.mark.parametrize(
    ("language", "form", "slip"),
    [
        ("pl", "informal", "Dziękujemy Państwu za wiadomość."),
        ("pl", "informal", "Dziękujemy Panu za wiadomość."),
        ("pl", "formal", "Dziękujemy, że piszesz do nas."),
        ("pl", "formal", "Dziękujemy Wam za wiadomość."),
        ("pl", "formal", "Napisz do nas."),
        ("af", "informal", "Ons waardeer u boodskap."),
        ("af", "formal", "Ons waardeer jou boodskap."),
        ("af", "formal", "Wat dink julle?"),
        ("ar", "formal", "شكرا لك على رسالتك."),
        ("ar", "formal", "نشكرك على صبرك."),
        ("fa", "formal", "ممنون که نوشتی."),
        ("fa", "formal", "نظرت برای ما مهم است."),
        ("pt", "informal", "Agradecemos ao senhor pela mensagem."),
        ("pt", "informal", "Obrigado pela tua mensagem."),
        ("sv", "informal", "Vi tackar Er för meddelandet."),
    ],
)
def test_a_slip_into_another_form_blocks(language: str, form: Form, slip: str) -> None:
    of = reply(language, form)
    found = examined(check, of, by_phrasebook(of, m4=slip))
    assert ("block", "m4") in kinds(found)
    assert f"uses the {form} one" in found[0].message


@pytest.mark.parametrize(
    ("language", "form", "other", "word"),
    [
        ("pl", "informal", "formal", "Państw"),
        ("pl", "formal", "informal", " Was"),
        ("pl", "formal", "informal", "cie "),
        ("af", "informal", "formal", " u "),
        ("af", "formal", "informal", " julle "),
        ("af", "formal", "informal", " jou "),
    ],
)
def test_phrases_that_address_the_reader_in_the_other_form_are_recognised(
    language: str, form: Form, other: Form, word: str
) -> None:
    book = phrasebook(language)
    own = {text for key in book.phrases for text in book.variants(*key, form)}
    others = {text for key in book.phrases for text in book.variants(*key, other)} - own
    telling = [text for text in others if word in text]
    assert telling
    assert [text for text in telling if not examined(check, *one(text, language=language, form=form))] == []


@pytest.mark.parametrize("language", ["en", "zu"])
def test_a_language_with_one_form_has_nothing_to_mix_up(language: str) -> None:
    assert examined(check, *one("You, thou, sir, nina, wena.", language=language)) == []


def test_a_member_may_be_quoted_in_their_own_form() -> None:
    assert examined(check, *one("Cytat: „dziękuję Ci bardzo”.", name="restate", language="pl", form="formal")) == []


def test_a_fact_of_the_profile_keeps_its_form() -> None:
    contact = {"contact": "Napisz do nas."}
    said = one("Kontakt: Napisz do nas.", name="next_step", language="pl", form="formal", slots=contact)
    assert examined(check, *said) == []
