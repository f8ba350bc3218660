"""Lexicons: every language has every list, and a file that lacks one is refused with its place."""

from pathlib import Path

import pytest
import regex

from prompts.errors import BadFile
from prompts.files import languages
from prompts.lexicon import KINDS, REMEDIES, Lexicon, lexicon, whole_words
from prompts.phrasebook import phrasebook

LANGUAGES = languages("lexicons")
LISTS = ("commitments", "arguing", "deleting", "insults", "instructions", "wishing", "grief", "about", "drop")
load = lexicon.__wrapped__
"""Reads the file anew each time."""


def test_every_language_with_a_phrasebook_has_a_lexicon() -> None:
    assert languages("phrasebooks") == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_lexicon_loads_under_its_own_language(language: str) -> None:
    assert lexicon(language).language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_list_of_a_lexicon_is_empty(language: str) -> None:
    book = lexicon(language)
    assert book.remedies.keys() == set(REMEDIES)
    assert book.request.kinds.keys() == set(KINDS)
    names = (*LISTS, *(f"remedies.{name}" for name in REMEDIES), *(f"kinds.{name}" for name in KINDS))
    assert {name for name in names if book.patterns[name].pattern == whole_words(()).pattern} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pattern_matches_nothing_at_all(language: str) -> None:
    matching = {name for name, pattern in lexicon(language).patterns.items() if pattern.search(" … ")}
    assert matching == set()


@pytest.mark.parametrize("language", ["af", "pl"])
def test_a_language_with_two_forms_can_tell_each_of_them(language: str) -> None:
    assert lexicon(language).address.keys() == set(phrasebook(language).forms)


def test_words_are_found_in_any_letter_case() -> None:
    assert lexicon("en").find("remedies.refund", "A REFUND, or a Refund?") == ["REFUND", "Refund"]


def test_words_are_found_whole() -> None:
    pattern = whole_words(["gift"])
    assert pattern.findall("A gift, gifted, a re-gift: gift.") == ["gift", "gift", "gift"]


def test_a_combining_mark_belongs_to_its_word() -> None:
    assert whole_words(["kod"]).search("ko\u0301d kod\u0301") is None


def test_alternatives_inside_an_entry_stay_inside_it() -> None:
    pattern = whole_words(["calm down|relax", "easy"])
    assert [pattern.search(text) is not None for text in ("relaxed", "please relax", "uneasy")] == [False, True, False]


def test_a_list_without_entries_finds_nothing() -> None:
    assert whole_words(()).search("anything at all") is None


def test_the_remedies_of_a_text_are_named_by_category() -> None:
    book = lexicon("en")
    assert book.remedies_in("We refund the price and add a 20 % off voucher.") == {"refund", "discount"}
    assert book.remedies_in("We read every word.") == frozenset()


def test_a_language_without_a_lexicon_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        lexicon("tlh")


def written(root: Path, change: tuple[str, str] = ("", "")) -> str:
    """The English lexicon under a new language code, with one text replaced."""
    source = (root / "lexicons" / "en.yaml").read_text(encoding="utf-8").replace("language: en", "language: xx")
    before, after = change
    assert before in source
    (root / "lexicons" / "xx.yaml").write_text(source.replace(before, after, 1), encoding="utf-8")
    return "xx"


def test_a_lexicon_needs_nothing_but_its_file(prompt_files: Path) -> None:
    book: Lexicon = load(written(prompt_files))
    assert book.find("remedies.refund", "a refund") == ["refund"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("  refund:", "  refnd:"), r"refund"),
        (("    poll:", "    pol:"), r"poll"),
        (("arguing:", "argueing:"), r"arguing"),
        (("address: {}", "address: informal"), r"address"),
        (("  about: [", "  abut: ["), r"request\.about"),
        (('"never again"', "{never: again}"), r"commitments"),
        (("language: xx", "language: en"), r"language"),
        (("language: xx", ""), r"language"),
        (('"never again"', '"never (again"'), r"commitments"),
        (('"refund(s|ed|ing)?"', '"refund(s|ed"'), r"remedies\.refund"),
        (('  about: ["about"', '  about: ["[about"'), r"about"),
        (("arguing:", "yes:"), r"string"),
    ],
)
def test_a_broken_lexicon_is_refused_with_file_and_place(
    prompt_files: Path, change: tuple[str, str], place: str
) -> None:
    with pytest.raises(BadFile, match=rf"(?s)xx\.yaml: .*{place}"):
        load(written(prompt_files, change))


def test_a_lexicon_is_read_once() -> None:
    assert lexicon("en") is lexicon("en")


def test_entries_may_use_what_the_regex_module_offers() -> None:
    assert whole_words([r"\p{Lu}\w+(?-i:x)"]).flags & regex.IGNORECASE
