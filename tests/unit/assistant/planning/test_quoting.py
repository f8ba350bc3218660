"""Quoting a member: a clause with content, and never an order, an insult, a link or personal data."""

from itertools import product

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.planning.quoting import MAX_QUOTE, is_quotable, pick_quote, reads_like_an_order, tidy
from prompts.files import languages
from prompts.lexicon import lexicon
from prompts.phrasebook import phrasebook
from tests.unit.assistant.planted import LANGUAGES, MEMBERS

SECRETS = (
    "anna.berg@example.org",
    "Anna_Berg+kaffe@mail.example.co.uk",
    "https://shop.example.com/great-beans-here?order=77&name=berg",
    "http://xn--bcher-kva.example/path",
    "www.example.org/our-very-long-path",
    "beans.example.com",
    "@anna_berg",
    "<@U0123456>",
    "070-123 45 67",
    "+46 70 123 45 67",
    "+48.601.234.567",
    "(011) 23456-7890",
    "۰۹۱۲۳۴۵۶۷۸۹",
    "٠٥٠١٢٣٤٥٦٧",
    "4111 1111 1111 1111",
    "SE35 5000 0000 0549 1000 0003",
    "19900505-1234",
)
GLUE = (" ", ". ", ", ", "; ", ": ", " (", ") ", "\n", "! ", "? ", " – ", "، ", "؟ ", "… ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["criticism", "praise", "question", "grief"])
def test_an_ordinary_post_can_be_quoted(language: str, kind: str) -> None:
    text = getattr(MEMBERS[language], kind)
    quote = pick_quote(text, language)
    assert quote is not None
    assert quote in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_a_post_with_an_order_is_quoted(language: str) -> None:
    words = MEMBERS[language]
    assert reads_like_an_order(words.order)
    assert pick_quote(f"{words.criticism} {words.order} {words.praise}", language) is None


@pytest.mark.parametrize(("writer", "reader"), list(product(LANGUAGES, LANGUAGES)))
def test_an_order_is_recognised_in_a_community_of_any_language(writer: str, reader: str) -> None:
    assert pick_quote(f"{MEMBERS[reader].criticism} {MEMBERS[writer].order}", reader) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_ordinary_posts_read_like_no_order(language: str) -> None:
    words = MEMBERS[language]
    texts = (words.criticism, words.praise, words.question, words.grief, *words.wishes, words.insult)
    assert [text for text in texts if reads_like_an_order(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_insult_is_never_quoted(language: str) -> None:
    words = MEMBERS[language]
    assert not is_quotable(words.insult, language)
    assert pick_quote(words.insult, language) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rest_of_an_angry_post_is_quoted(language: str) -> None:
    words = MEMBERS[language]
    quote = pick_quote(f"{words.insult} {words.praise}", language)
    assert quote is not None
    assert quote in words.praise


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_english_insult_is_recognised_in_every_language(language: str) -> None:
    assert not is_quotable(f"{MEMBERS[language].praise} what a bullshit", language)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_clause_with_an_address_or_a_number_is_not_quotable(secret: str) -> None:
    assert not is_quotable(f"please look at {secret} for the beans", "en")


@pytest.mark.parametrize(
    "clause",
    [
        "see <b>here</b> for more",
        "the `code` did not work",
        "[this page](x) is good",
        "it is | a table",
        "it is *very* good",
        "look :coffee_cup: how nice",
        "- milk and water",
        "> somebody said this",
        "{name} is not here",
        "it costs $ nine",
        "a\\b is a path",
    ],
)
def test_markup_is_not_quotable(clause: str) -> None:
    assert not is_quotable(clause, "en")


@pytest.mark.parametrize("clause", ["it took 12.50 minutes", "version 2.1 broke", "at 10:30 it was cold", "only 100 g"])
def test_small_numbers_may_be_quoted_whole(clause: str) -> None:
    assert pick_quote(f"{clause} in the end.", "en") == f"{clause} in the end"


@pytest.mark.parametrize(
    "text",
    [
        "Please write to me at anna.berg@example.org",
        "You should really see https://shop.example.com/great-coffee-beans-for-you",
        "I found it on www.example.com/a-page-about-coffee",
        "You can call me on 070.123.45.67",
        "There is more at beans.example.com",
    ],
)
def test_no_part_of_an_address_is_left_in_a_quote(text: str) -> None:
    assert pick_quote(text, "en") is None


@pytest.mark.parametrize("text", ["", "   \n ", "Ok.", "So sad.", "!!!", "👍👍👍", "12 34"])
def test_a_post_without_a_clause_of_three_words_is_not_quoted(text: str) -> None:
    assert pick_quote(text, "en") is None


def test_a_clause_of_more_than_forty_words_is_not_quoted() -> None:
    assert pick_quote("to " * 41, "en") is None
    assert pick_quote("to " * 40, "en") is not None


def test_a_sentence_that_is_too_long_is_quoted_by_its_clauses() -> None:
    long = "the grinder that I bought here in the spring squeaks, " + "and so on and so on " * 8
    assert pick_quote(long, "en") == "the grinder that I bought here in the spring squeaks"


def test_a_quote_is_no_longer_than_asked_for() -> None:
    text = "The bag leaks badly, and the seam of every second one that I bought since spring is open."
    assert pick_quote(text, "en", longest=25) == "The bag leaks badly"


def test_the_clause_with_most_content_is_chosen() -> None:
    text = "So it was on me. The grinder squeaks loudly since yesterday morning. And so it is."
    assert pick_quote(text, "en") == "The grinder squeaks loudly since yesterday morning"


def test_of_equal_clauses_the_first_is_chosen() -> None:
    assert pick_quote("Bags leak here. Bags leak there.", "en") == "Bags leak here"


def test_what_the_post_asks_is_preferred_where_it_is_a_question() -> None:
    text = "The grinder squeaks loudly since yesterday morning. How can I clean it?"
    assert pick_quote(text, "en", intent="question") == "How can I clean it?"
    assert pick_quote(text, "en") == "The grinder squeaks loudly since yesterday morning"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_post_wishes_for_is_preferred_where_it_is_a_wish(language: str) -> None:
    spoken = MEMBERS[language]
    for wish in spoken.wishes[:2]:
        assert pick_quote(f"{spoken.criticism} {wish}.", language, intent="wish") == wish


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_keeps_its_mark(language: str) -> None:
    quote = pick_quote(MEMBERS[language].question, language, intent="question")
    assert quote is not None
    assert quote.endswith(("?", "؟"))


def test_words_that_matter_here_weigh_more() -> None:
    text = "The weather was lovely on Sunday. My grinder leaks again."
    assert pick_quote(text, "en") == "The weather was lovely on Sunday"
    assert pick_quote(text, "en", about={"grind", "leaks"}) == "My grinder leaks again"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quote_cannot_close_its_own_quotation_marks(language: str) -> None:
    opening, closing = phrasebook(language).quotes
    words = MEMBERS[language].praise
    quote = pick_quote(f"{opening}{words[:-1]}{closing}{closing} «x» “y” „z”.", language)
    assert quote is not None
    assert not set(quote) & set('"“”„«»')


def test_invisible_marks_that_turn_the_direction_are_left_out() -> None:
    assert pick_quote("\u202eThe grinder \u2066squeaks\u2069 loudly\u200f.", "en") == "The grinder squeaks loudly"


def test_the_half_space_of_persian_is_kept() -> None:
    assert pick_quote("بسته‌های کوچک‌تر خیلی بهترند.", "fa") == "بسته‌های کوچک‌تر خیلی بهترند"


@pytest.mark.parametrize(
    ("clause", "tidied"),
    [
        ("  so it \n is.  ", "so it is"),
        ("“so it is”,", "so it is"),
        ("so it is…", "so it is"),
        ("is it so?", "is it so?"),
        ("أهكذا هو؟", "أهكذا هو؟"),
        ("so it is!!!", "so it is"),
        ("– so it is –", "so it is"),
        ("...", ""),
    ],
)
def test_a_clause_is_tidied_for_its_quotation_marks(clause: str, tidied: str) -> None:
    assert tidy(clause) == tidied


def fragments(secret: str) -> set[str]:
    """The parts by which a secret would be recognised: its longer words and digits."""
    return {part for part in regex.split(r"[^\p{L}\p{N}]+", secret) if len(part) > 2}


ORDINARY = [text for each in MEMBERS.values() for text in (each.criticism, each.praise, each.question, *each.wishes)]
TELLING = set().union(*map(fragments, SECRETS)) - set().union(*map(fragments, ORDINARY))


@st.composite
def posts(draw: st.DrawFn) -> tuple[str, str]:
    """(language, post): ordinary clauses with secrets and insults strewn in between, joined by any mark."""
    language = draw(st.sampled_from(LANGUAGES))
    words = MEMBERS[language]
    ordinary = [words.criticism, words.praise, words.question, *words.wishes]
    pieces = draw(st.lists(st.sampled_from([*ordinary, words.insult, *SECRETS]), min_size=1, max_size=7))
    return language, "".join(piece + draw(st.sampled_from(GLUE)) for piece in pieces)


@given(post=posts(), longest=st.integers(min_value=10, max_value=MAX_QUOTE))
@settings(max_examples=150, deadline=None)
def test_no_quote_holds_a_secret_or_an_insult(post: tuple[str, str], longest: int) -> None:
    language, text = post
    quote = pick_quote(text, language, longest=longest)
    if quote is not None:
        assert not fragments(quote) & TELLING
        assert lexicon(language).find("insults", quote) == []


@given(post=posts(), longest=st.integers(min_value=10, max_value=MAX_QUOTE))
@settings(max_examples=150, deadline=None)
def test_a_quote_is_short_and_stands_in_the_post_word_for_word(post: tuple[str, str], longest: int) -> None:
    language, text = post
    quote = pick_quote(text, language, longest=longest)
    if quote is not None:
        assert len(quote) <= longest
        assert quote in " ".join(regex.sub('["“”„«»]', "", text).split())


@given(text=st.text(max_size=200), language=st.sampled_from(languages("lexicons")))
@settings(max_examples=100, deadline=None)
def test_any_text_is_quoted_safely_or_not_at_all(text: str, language: str) -> None:
    quote = pick_quote(text, language)
    assert quote is None or (is_quotable(quote, language) and tidy(quote) == quote)


@given(
    order=st.sampled_from([MEMBERS[language].order for language in LANGUAGES]),
    before=st.sampled_from([MEMBERS[language].praise for language in LANGUAGES]),
    glue=st.sampled_from(GLUE),
    change=st.sampled_from([str, str.upper, str.lower, str.title]),
)
@settings(max_examples=100, deadline=None)
def test_an_order_is_never_quoted_however_it_is_dressed(order: str, before: str, glue: str, change: type[str]) -> None:
    assert pick_quote(f"{before}{glue}{change(order)}", "en") is None
