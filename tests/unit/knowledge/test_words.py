"""Words in eight languages, without what is no word, and stems in which their forms meet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.words import shorten, stem, stems, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The grinder IS loud", ("grinder", "loud")),
        ("Młynek działa głośno", ("młynek", "działa", "głośno")),
        ("نمی‌خواهم آسیاب", ("نمی‌خواهم", "آسیاب")),
        ("المطحنة صوتها عالٍ", ("المطحنة", "صوتها", "عالٍ")),
        ("Umshini wami uyavuza", ("umshini", "wami", "uyavuza")),
        ("don't e-mail", ("don't", "e-mail")),
        ("a an the 1234 👍", ()),
        ("", ()),
    ],
)
def test_words_of_four_letters_are_found_in_every_script(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    "noise",
    ["https://shop.example/grinder?loud=1", "anna.nowak@mail.example", "@annika", "#general", ":thumbsup:", "`code`"],
)
def test_links_mentions_and_code_are_no_words(noise: str) -> None:
    assert words(f"broken {noise} grinder") == ("broken", "grinder")


def test_code_over_several_lines_is_no_text() -> None:
    assert words("before ```print('hello')\nreturn something``` after") == ("before", "after")


def test_what_noise_parts_is_not_one_word() -> None:
    assert words("grind@x grin`d`der") == ("grin",)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ("grinder", "grinders")),
        ("sv", ("kvarnen", "kvarnens")),
        ("pl", ("młynki", "młynków")),
        ("pt", ("moinho", "moinhos")),
        ("af", ("koffie", "koffies")),
        ("zu", ("umshini", "imishini")),
    ],
)
def test_forms_of_one_word_share_their_stem(language: str, forms: tuple[str, str]) -> None:
    assert stem(forms[0], language) == stem(forms[1], language)


def test_isizulu_words_differ_at_their_end() -> None:
    assert stem("umshini", "zu") != stem("umshado", "zu")
    assert stem("umshini", "en") == stem("umshito", "en")


def test_a_phrase_has_a_stem_for_each_of_its_words() -> None:
    assert stem("coffee grinders", "en") == "coffe grind"


def test_a_text_has_each_stem_once() -> None:
    assert stems("Grinders grind, my grinder is loud", "en") == {"grind", "loud"}


@pytest.mark.parametrize("text", ["a" * 100_000, "a@" + "b" * 100_000, "`" * 100_001, "```a " * 30_000, ":a" * 50_000])
def test_a_text_without_spaces_takes_no_time(text: str) -> None:
    assert len(words(text)) <= 1


@given(st.text(max_size=80))
@settings(deadline=None)
def test_every_word_can_be_found_in_its_text(text: str) -> None:
    lower = text.lower()
    assert all(word in lower and len(word) >= 4 for word in words(text))


def test_a_short_text_is_left_as_it_is() -> None:
    assert shorten("  one\n two ") == "one two"


@given(st.text(max_size=200), st.integers(2, 100))
@settings(deadline=None)
def test_a_shortened_text_is_one_line_and_no_longer_than_asked(text: str, longest: int) -> None:
    short = shorten(text, longest)
    assert len(short) <= longest
    assert "\n" not in short
    assert " ".join(text.split()).startswith(short.removesuffix("…").rstrip())
