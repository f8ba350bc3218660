"""What the phrasebook says by itself never looks like an offer, a promise, an argument, an insult or an order."""

from string import Formatter

import pytest

from prompts.files import languages
from prompts.lexicon import REMEDIES, lexicon
from prompts.phrasebook import Form, phrasebook

LANGUAGES = languages("phrasebooks")
FORMS = [(language, form) for language in LANGUAGES for form in phrasebook(language).forms]
HARMFUL = ("arguing", "deleting", "insults", *(f"remedies.{category}" for category in REMEDIES))
POLICY = {"repair", "repent", "next_step", "contact", "how_used", "recognition", "closes", "deadline"}
"""Moves that may bind the brand to what their facts say."""


def emptied(phrase: str) -> str:
    """A phrase with its slots left empty, as the checks see it."""
    return "".join(text + (" … " if name is not None else "") for text, name, _, _ in Formatter().parse(phrase))


def phrases(language: str, form: Form) -> list[tuple[str, str]]:
    """(move, emptied phrase) for everything that the phrasebook can say in this form."""
    book = phrasebook(language)
    return [(key[1], emptied(text)) for key in book.phrases for text in book.variants(*key, form)]


@pytest.mark.parametrize(("language", "form"), FORMS)
@pytest.mark.parametrize("name", HARMFUL)
def test_no_phrase_argues_insults_silences_or_offers(language: str, form: Form, name: str) -> None:
    pattern = lexicon(language).patterns[name]
    assert [text for _, text in phrases(language, form) if pattern.search(text)] == []


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_no_phrase_promises_where_no_policy_stands_behind_it(language: str, form: Form) -> None:
    pattern = lexicon(language).patterns["commitments"]
    found = [text for move, text in phrases(language, form) if move not in POLICY and pattern.search(text)]
    assert found == []


@pytest.mark.parametrize(("language", "form"), FORMS)
@pytest.mark.parametrize("reader", LANGUAGES)
def test_no_phrase_reads_like_an_order_in_any_language(language: str, form: Form, reader: str) -> None:
    pattern = lexicon(reader).patterns["instructions"]
    assert [text for _, text in phrases(language, form) if pattern.search(text)] == []


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_no_phrase_slips_into_another_form_of_address(language: str, form: Form) -> None:
    book = lexicon(language)
    others = [book.patterns[f"address.{name}"] for name in book.address if name != form]
    assert [text for _, text in phrases(language, form) if any(other.search(text) for other in others)] == []


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_only_an_answer_to_grief_sounds_like_mourning(language: str, form: Form) -> None:
    pattern = lexicon(language).patterns["grief"]
    book = phrasebook(language)
    keys = [key for key in book.phrases if key[2] != "grief"]
    texts = [emptied(text) for key in keys for text in book.variants(*key, form)]
    assert [text for text in texts if pattern.search(text)] == []
