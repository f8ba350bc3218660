"""By which terms a text is found: letters, forms, stop words, pieces, and what no text may do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.languages import FIRST_CLASS
from knowledge.terms import ask, fold, forms, marked, terms


def meet(question: str, text: str, language: str) -> bool:
    """Whether a word of the question is in the text."""
    stored = terms(text, language)
    return any(word.is_in(stored) for word in ask(question))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد إيمان آب", "احمد ايمان اب"),
        ("كِتَابٌ", "كتاب"),
        ("کتاب", "كتاب"),
        ("علی", "علي"),
        ("مدرسة", "مدرسه"),
        ("كـــتاب", "كتاب"),
        ("۱۲۳ ٤٥٦", "123 456"),
        ("ＡＢＣ", "abc"),
        ("STRASSE", "straße"),
        ("Zażółć", "ZAŻÓŁĆ"),
        ("cafe\u0301", "café"),
    ],
)
def test_what_writers_do_not_mean_is_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_half_space_parts_words() -> None:
    assert forms("می\u200cخواهم") == forms("می خواهم")
    assert len(forms("کتاب\u200cها")) == 2


@pytest.mark.parametrize(
    ("language", "question", "text"),
    [
        ("en", "grinders", "My grinder leaks."),
        ("sv", "kvarnarna", "En kvarn läcker."),
        ("sv", "skatten", "Skatteverket svarade inte."),
        ("pl", "młynka", "Te młynki przeciekają."),
        ("pl", "paczkę", "Paczki nie przyszły."),
        ("pt", "moedores", "O moedor vaza."),
        ("ar", "والكتاب", "قرأت الكتاب أمس."),
        ("fa", "کتاب\u200cها", "این كتاب خوب است."),
        ("zu", "isigaxekile", "Ugaxekile namuhla."),
        ("zu", "amakhasimende", "Ikhasimende lethu."),
    ],
)
def test_the_forms_of_a_word_meet(language: str, question: str, text: str) -> None:
    assert meet(question, text, language)


def test_other_words_do_not_meet() -> None:
    assert not meet("grinder", "Lemon cake is lovely.", "en")
    assert not meet("kvarn", "Kakan är god.", "sv")


@pytest.mark.parametrize("language", [code for code in FIRST_CLASS if code != "zu"])
def test_words_that_say_nothing_are_left_out(language: str) -> None:
    empty = {"en": "the and", "sv": "och att", "pl": "nie jest", "ar": "من على", "fa": "از به", "pt": "que para"}
    assert terms(empty.get(language, "die en"), language) == []


def test_a_word_that_says_nothing_in_one_language_is_asked_for_in_the_others() -> None:
    (asked,) = ask("bara")  # Swedish “only”
    assert "enˑbara" in asked.terms
    assert not any(term.startswith("svˑ") for term in asked.terms)
    assert "bara" not in asked.terms


def test_names_in_a_question_of_no_known_language_are_found() -> None:
    assert meet("Kaufhaus Zylinderkopf?", "Der Zylinderkopf ist kaputt.", "de")
    assert meet("東京 4711", "東京 4711", "ja")


def test_each_word_is_asked_for_once() -> None:
    assert [word.word for word in ask("Grinder grinder GRINDER leaks")] == ["grinder", "leaks"]
    assert ask("") == ask("?! 👍") == []


def test_addresses_and_very_long_words_are_no_words() -> None:
    assert forms(f"see https://x.example/leaks?a=b www.x.example {'a' * 41} {'b' * 40}") == ("see", "b" * 40)
    assert terms("a" * 1_000_000, "en") == []


def test_a_word_is_stored_as_often_as_it_occurs() -> None:
    assert terms("bag Bag bags", "en").count("enˑbag") == 3


def test_pieces_are_only_for_languages_that_build_words() -> None:
    assert "ˑkatte" in terms("skatteverket", "sv")
    assert not any(term.startswith("ˑ") for term in terms("taxation", "en"))


@given(st.text(max_size=300), st.sampled_from([*FIRST_CLASS, "und", "de", "tr", "xx"]))
@settings(max_examples=100)
def test_whatever_is_written_terms_are_safe_to_store_and_to_ask_for(text: str, language: str) -> None:
    asked = [term for word in ask(text) for term in (*word.terms, *word.pieces)]
    for term in (*terms(text, language), *asked):
        assert term
        assert not set(term) & set(" \t\n\"'\\\0")
        assert len(term) <= 60


# words marked in a text


@pytest.mark.parametrize(
    ("question", "text", "language", "words"),
    [
        ("cleaning the grinder", "Grinders! I clean the grinders' burrs.", "en", ["Grinders", "clean", "grinders"]),
        ("kvarnar", "Kaffekvarnen står still.", "sv", []),
        ("kaffekvarn", "Kaffekvarnen står still.", "sv", ["Kaffekvarnen"]),
        ("المدرسه", "رأيت المدرسة اليوم", "ar", ["المدرسة"]),
        ("ABC", "ＡＢＣ and abcd", "en", ["ＡＢＣ"]),
        ("leaks", "see https://x.example/leaks and www.leaks.example", "en", []),
        ("where is it", "Where is it?", "en", []),
    ],
)
def test_the_words_asked_for_are_marked_in_whatever_form(
    question: str, text: str, language: str, words: list[str]
) -> None:
    assert [part for part, wanted in marked(text, ask(question), language) if wanted] == words


@given(st.text(max_size=200), st.text(max_size=60), st.sampled_from([*FIRST_CLASS, "und"]))
@settings(max_examples=60)
def test_marking_changes_nothing_of_a_text(text: str, question: str, language: str) -> None:
    parts = marked(f"{text} {question}", ask(question), language)
    assert "".join(part for part, _ in parts) == f"{text} {question}"
    assert all(part for part, _ in parts)
