"""Phrasebooks: every language says the same things, and a book that does not is refused with its place."""

from pathlib import Path
from string import Formatter

import pytest
import yaml

from assistant.domain import KINDS, LITERAL, VOCABULARY
from prompts.errors import BadFile
from prompts.files import languages
from prompts.phrasebook import FORMATS, MIN_VARIANTS, OPTIONAL_SLOTS, SLOTS, Form, phrasebook
from prompts.templates import move_texts

LANGUAGES = languages("phrasebooks")
FORMS: dict[str, tuple[Form, ...]] = {
    "af": ("informal", "formal"),
    "ar": ("formal",),
    "en": ("informal",),
    "fa": ("formal",),
    "pl": ("informal", "formal"),
    "pt": ("informal",),
    "sv": ("informal",),
    "zu": ("informal",),
}
OPEN_ENDS = {("reply", "greet"), ("challenge", "title"), ("poll", "option")}
"""Moves that are no sentence: a greeting, a heading, a choice."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrasebook_loads_under_its_own_language(language: str) -> None:
    assert phrasebook(language).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrasebook_speaks_in_the_forms_of_its_language(language: str) -> None:
    assert phrasebook(language).forms == FORMS[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrasebook_has_every_move_and_no_other(language: str) -> None:
    assert phrasebook(language).phrases.keys() == SLOTS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_move_can_be_said_in_several_ways_in_every_form(language: str) -> None:
    book = phrasebook(language)
    for key in SLOTS:
        for form in book.forms:
            assert len(set(book.variants(*key, form))) >= MIN_VARIANTS, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrase_uses_the_slots_of_its_move(language: str) -> None:
    for key, variants in phrasebook(language).phrases.items():
        for text in (text for variant in variants for text in variant.values()):
            used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            assert SLOTS[key] - OPTIONAL_SLOTS.get(key, frozenset()) <= used <= SLOTS[key], text


@pytest.mark.parametrize("language", LANGUAGES)
def test_slots_are_never_converted_or_formatted(language: str) -> None:
    for variants in phrasebook(language).phrases.values():
        for text in (text for variant in variants for text in variant.values()):
            assert all(not spec and conversion is None for _, name, spec, conversion in Formatter().parse(text) if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_end_with_a_stop_or_with_a_fact(language: str) -> None:
    for (kind, move, _), variants in phrasebook(language).phrases.items():
        if (kind, move) not in OPEN_ENDS:
            for text in (text for variant in variants for text in variant.values()):
                assert text.endswith((".", "?", "؟", "}")), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_greeting_ends_with_a_comma_or_a_stop(language: str) -> None:
    book = phrasebook(language)
    for situation in ("named", "unnamed"):
        for variant in book.phrases["reply", "greet", situation]:
            assert all(text.endswith((",", "،", ".")) for text in variant.values()), variant


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_clean_text(language: str) -> None:
    for variants in phrasebook(language).phrases.values():
        for text in (text for variant in variants for text in variant.values()):
            assert text == " ".join(text.split()), text
            assert "!" not in text, text
            assert "NEEDS" not in text, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_stand_in_the_quotation_marks_of_the_language(language: str) -> None:
    book = phrasebook(language)
    opening, closing = book.quotes
    for variants in book.phrases.values():
        for text in (text for variant in variants for text in variant.values()):
            for slot in ("quote", "topic"):
                if f"{{{slot}}}" in text:
                    assert f"{opening}{{{slot}}}{closing}" in text, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_option_fits_on_every_platform_but_the_tightest(language: str) -> None:
    for variant in phrasebook(language).phrases["poll", "option", "other"]:
        assert all(len(text) <= 30 for text in variant.values()), variant


def test_a_form_that_a_language_lacks_falls_back_to_its_own() -> None:
    assert phrasebook("sv").form("formal") == "informal"
    assert phrasebook("ar").form("informal") == "formal"
    assert phrasebook("pl").form("formal") == "formal"


def test_the_forms_of_polish_say_different_things() -> None:
    book = phrasebook("pl")
    informal = book.variants("reply", "thank", "wish", "informal")
    formal = book.variants("reply", "thank", "wish", "formal")
    assert any("Państwo" in text for text in formal)
    assert not any("Państwo" in text for text in informal)


def test_a_language_without_a_phrasebook_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        phrasebook("tlh")


def test_a_move_that_nobody_knows_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        phrasebook("en").variants("reply", "boast", "criticism", "informal")


def test_the_contract_covers_every_move_of_the_vocabulary() -> None:
    said = {(kind, move) for kind, move, _ in SLOTS}
    assert said == {(kind, rule.name) for kind in KINDS for rule in VOCABULARY[kind]}


def test_every_move_tells_what_it_is_there_to_do() -> None:
    expected = {(kind, rule.name) for kind in KINDS for rule in VOCABULARY[kind]}
    texts = move_texts()
    assert texts.keys() == expected
    assert all(text.label and text.purpose for text in texts.values())


def test_every_challenge_format_has_a_title_a_task_and_three_steps() -> None:
    for name in FORMATS:
        assert {("challenge", "title", name), ("challenge", "task", name)} <= SLOTS.keys()
        assert {("challenge", "step", f"{name}_{n}") for n in (1, 2, 3)} <= SLOTS.keys()


def test_no_situation_is_called_like_a_literal_move() -> None:
    assert LITERAL not in {situation for _, _, situation in SLOTS}


load = phrasebook.__wrapped__
"""Reads the file anew each time."""


def written(root: Path, change: tuple[str, str] = ("", "")) -> str:
    """The English phrasebook under a new language code, with one text replaced."""
    source = (root / "phrasebooks" / "en.yaml").read_text(encoding="utf-8").replace("language: en", "language: xx")
    before, after = change
    assert before in source
    (root / "phrasebooks" / "xx.yaml").write_text(source.replace(before, after, 1), encoding="utf-8")
    return "xx"


def test_a_new_language_needs_nothing_but_its_file(prompt_files: Path) -> None:
    assert load(written(prompt_files)).variants("reply", "greet", "unnamed", "informal")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (('- "Hello {name},"', '- "Hello you,"'), r"reply\.greet\.named.*“Hello you,”.*name"),
        (('- "Hello {name},"', '- "Hello {nmae},"'), r"reply\.greet\.named.*nmae"),
        (('- "Hello {name},"', '- "Hello {name} {quote},"'), r"reply\.greet\.named.*slots"),
        (('- "Hello {name},"', '- "Hello {name,"'), r"reply\.greet\.named.*Hello \{name,"),
        (('- "Hello {name},"', '- "Hello {},"'), r"reply\.greet\.named"),
        (
            ('      - "Hello {name},"\n', ""),
            r"reply\.greet\.named has 2 different phrases in the informal form, needs 3",
        ),
        (('- "Hi {name},"', '- "Hello {name},"'), r"reply\.greet\.named has 2 different phrases"),
        (
            ("  greet:\n    named:", "  grete:\n    named:"),
            r"reply\.greet\.named is missing.*reply\.grete\.named is not",
        ),
        (("forms: [informal]", "forms: [familiar]"), r"forms"),
        (("forms: [informal]", "forms: []"), r"forms"),
        (("forms: [informal]", "shapes: [informal]"), r"forms"),
        (('quotes: ["“", "”"]', 'quotes: ["“"]'), r"quotes"),
        (('quotes: ["“", "”"]', ""), r"quotes"),
        (("language: xx", "language: en"), r"language"),
        (("language: xx", ""), r"language"),
        (('- "Hello {name},"', '- {formal: "Hello {name},"}'), r"reply\.greet\.named.*informal"),
        (('- "Hello {name},"', '- {informl: "Hello {name},"}'), r"reply\.greet\.named"),
        (('- "Hello {name},"', "- 5"), r"reply\.greet\.named"),
        (("reply:\n", "reply: none\nanswer:\n"), r"reply"),
        (("    named:\n", "    named: hello\n    other:\n"), r"reply\.greet\.named"),
    ],
)
def test_a_broken_phrasebook_is_refused_with_file_and_place(
    prompt_files: Path, change: tuple[str, str], place: str
) -> None:
    with pytest.raises(BadFile, match=rf"(?s)xx\.yaml: .*{place}"):
        load(written(prompt_files, change))


def test_all_problems_of_a_phrasebook_are_named_at_once(prompt_files: Path) -> None:
    path = prompt_files / "phrasebooks" / "xx.yaml"
    book = yaml.safe_load((prompt_files / "phrasebooks" / "en.yaml").read_text(encoding="utf-8"))
    book["language"] = "xx"
    del book["poll"]["closes"], book["apology"]["repair"]
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        load("xx")
    assert "poll.closes.any is missing" in str(refused.value)
    assert "apology.repair.any is missing" in str(refused.value)
