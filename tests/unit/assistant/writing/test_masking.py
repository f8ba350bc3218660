"""Masking: nothing personal leaves, and everything comes back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.writing.masking import Mask, personal_data

PHONES = (
    ("+46 70 123 45 67", "SE"),
    ("070-123 45 67", "SE"),
    ("08-123 456 78", "SE"),
    ("+48 601 234 567", "PL"),
    ("601 234 567", "PL"),
    ("(212) 555-0123", "US"),
    ("+1-212-555-0123", "SE"),
    ("+27 82 123 4567", "ZA"),
    ("082 123 4567", "ZA"),
    ("+351 912 345 678", "PT"),
    ("912 345 678", "PT"),
    ("+55 11 91234-5678", "BR"),
    ("(11) 91234-5678", "BR"),
    ("+971 50 123 4567", "AE"),
    ("٠٥٠ ١٢٣ ٤٥٦٧", "AE"),
    ("+98 912 345 6789", "IR"),
    ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR"),
    ("0044 20 7946 0958", "SE"),
)
CARDS = (
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111111111111111",
    "378282246310005",
    "5555 5555 5555 4444",
    "۴۱۱۱ ۱۱۱۱ ۱۱۱۱ ۱۱۱۱",
)
EMAILS = (
    "anna@example.org",
    "anna.berg+kaffe@mail.example.co.uk",
    "ANNA_BERG@EXAMPLE.ORG",
    "łukasz@przykład.pl",
    "a%b-c@sub-domain.example",
)


def hidden(text: str, *names: str, region: str = "SE") -> str:
    return Mask(region, names).hide(text)


@pytest.mark.parametrize("email", EMAILS)
def test_an_email_address_is_hidden(email: str) -> None:
    assert hidden(f"Write to {email}, please.") == "Write to <EMAIL_1>, please."


@pytest.mark.parametrize(("phone", "region"), PHONES)
def test_a_phone_number_is_hidden_as_its_country_writes_it(phone: str, region: str) -> None:
    assert hidden(f"Call {phone} today.", region=region) == "Call <PHONE_1> today."


@pytest.mark.parametrize("card", CARDS)
def test_a_card_number_is_hidden(card: str) -> None:
    assert hidden(f"Card {card} please.") == "Card <CARD_1> please."


@pytest.mark.parametrize("text", ["070-123 45 67 4111 1111 1111 1111", "4111 1111 1111 1111 070-123 45 67"])
def test_a_card_is_found_beside_a_phone_number(text: str) -> None:
    assert sorted(hidden(text).split()) == ["<CARD_1>", "<PHONE_1>"]


@pytest.mark.parametrize("text", ["+98 912 345 6789 3 kr", "070-123 45 67 2 bags", "0044 20 7946 0958 1 2 3"])
def test_a_phone_number_is_found_before_another_number(text: str) -> None:
    assert hidden(text).startswith("<PHONE_1>")


@pytest.mark.parametrize("card", ["4111 1111 1111 1112", "4111111111111112", "1234 5678 9012 3456"])
def test_a_number_that_fails_the_luhn_check_is_no_card(card: str) -> None:
    assert "CARD" not in {found.label for found in personal_data(card, "SE")}


@pytest.mark.parametrize(
    "text",
    [
        "It costs 129 kr for 250 g.",
        "It began on December 1, 2026.",
        "It began on 01.12.2026 10:30 or 31/12/2026.",
        "It began on 2026-12-01 at 10:30.",
        "Open from 10:30 to 14:00.",
        "Version 2.10.3 of the app.",
        "Order 4711 came twice.",
        "20 % off, 3 for 2.",
        "۱۰۰ گرم قهوه",
        "Anna said so.",
        "mail me @ home",
        "",
    ],
)
def test_ordinary_numbers_and_words_stay(text: str) -> None:
    assert hidden(text) == text


def test_a_name_is_hidden_wherever_it_stands_as_a_word() -> None:
    assert hidden("Anna wrote. Is Anna's bag, Annas or Anna?", "Anna") == (
        "<NAME_1> wrote. Is <NAME_1>'s bag, Annas or <NAME_1>?"
    )


def test_the_longest_name_is_hidden_first() -> None:
    assert hidden("Anna Berg and Anna", "Anna", "Anna Berg") == "<NAME_1> and <NAME_2>"


@pytest.mark.parametrize("name", ["Åsa", "Łukasz", "نرگس", "محمد", "O'Brien", "R2.D2", "a+b", "Piotr W.", "Anna (me)"])
def test_names_of_every_script_and_with_any_sign_are_hidden(name: str) -> None:
    assert hidden(f"Hello {name}, welcome.", name) == "Hello <NAME_1>, welcome."


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Anna  Berg, ANNA BERG, anna berg", "<NAME_1>, <NAME_2>, <NAME_3>"),
        ("Anna here. Is BERG there?", "<NAME_1> here. Is <NAME_2> there?"),
        ("Up the berg, annals, Annas", "Up the berg, annals, Annas"),
    ],
)
def test_a_name_is_hidden_whole_and_word_by_word(text: str, masked: str) -> None:
    mask = Mask("SE", ["Anna  Berg"])
    assert mask.hide(text) == masked
    assert mask.restore(masked) == text


def test_an_ordinary_word_is_no_name_by_itself() -> None:
    mask = Mask("SE", ["May", "May Black", "Al Li"], ordinary={"May"})
    assert mask.hide("In May, may I? May Black. Al is Li, Al Li.") == "In May, may I? <NAME_1>. Al is Li, <NAME_2>."
    assert mask.hide_name(" May ") == "<NAME_3>"
    assert mask.restore("<NAME_3>") == "May"


def test_a_name_of_one_letter_is_left_alone() -> None:
    assert hidden("I am X, a member.", "X", "") == "I am X, a member."


def test_the_same_value_has_the_same_placeholder_in_all_texts_of_one_exchange() -> None:
    mask = Mask("SE", ["Anna"])
    assert mask.hide("Anna: a@b.example") == "<NAME_1>: <EMAIL_1>"
    assert mask.hide("c@d.example, a@b.example, Anna") == "<EMAIL_2>, <EMAIL_1>, <NAME_1>"


def test_two_exchanges_know_nothing_of_each_other() -> None:
    first, second = Mask("SE"), Mask("SE")
    assert first.hide("a@b.example") == second.hide("c@d.example") == "<EMAIL_1>"
    assert first.restore("<EMAIL_1>") == "a@b.example"
    assert second.restore("<EMAIL_1>") == "c@d.example"


def test_what_the_model_does_with_a_placeholder_it_may_do_often_and_anywhere() -> None:
    mask = Mask("SE", ["Anna"])
    mask.hide("Anna, a@b.example")
    assert mask.restore("<EMAIL_1> belongs to <NAME_1>; <NAME_1>!") == "a@b.example belongs to Anna; Anna!"


def test_a_placeholder_that_was_never_given_out_stays() -> None:
    mask = Mask("SE")
    mask.hide("a@b.example")
    assert mask.restore("<EMAIL_2> <PHONE_1> <X> <EMAIL_1") == "<EMAIL_2> <PHONE_1> <X> <EMAIL_1"


def test_a_text_that_looks_like_a_placeholder_is_not_taken_for_one() -> None:
    mask = Mask("SE")
    assert mask.restore(mask.hide("<EMAIL_1> is what I wrote, and a@b.example")) == (
        "<EMAIL_1> is what I wrote, and a@b.example"
    )


def test_restored_values_are_not_read_again() -> None:
    mask = Mask("SE", ["<EMAIL_1>", "Anna"])
    text = "Anna <EMAIL_1> a@b.example"
    assert mask.restore(mask.hide(text)) == text


def test_an_address_is_hidden_whole_even_if_it_holds_a_name() -> None:
    assert hidden("Write to anna.berg@example.org", "anna", "berg") == "Write to <EMAIL_1>"


def test_findings_stand_in_the_order_of_the_text_with_their_places() -> None:
    text = "Call 070-123 45 67 or a@b.example"
    found = personal_data(text, "SE")
    assert [(text[f.start : f.end], f.label) for f in found] == [("070-123 45 67", "PHONE"), ("a@b.example", "EMAIL")]


def test_an_unknown_region_still_finds_international_numbers() -> None:
    assert hidden("Call +46 70 123 45 67", region="XX") == "Call <PHONE_1>"


WORDS = ("My bag", "leaks", "since 2026", "3 kr", "سلام", "żółw", "(so)", "e-mail", "to be", "No. 5", "<b>", "<NAME_1>")
NAMES = ("Anna", "Anna Berg", "Åsa Öst", "نرگس", "O'Brien")
PERSONAL = (*EMAILS, *CARDS, *NAMES, *(phone for phone, _ in PHONES if phone.startswith(("+", "070"))))
GLUE = (" ", ", ", ". ", "; ", "\n", " (", ") ", ": ", " / ", "! ", " – ", "، ")


@st.composite
def texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.sampled_from(WORDS + PERSONAL), max_size=9))
    return "".join(piece + draw(st.sampled_from(GLUE)) for piece in pieces)


@given(first=texts(), second=texts())
@settings(max_examples=120, deadline=None)
def test_hiding_and_restoring_is_the_identity(first: str, second: str) -> None:
    mask = Mask("SE", NAMES)
    masked = mask.hide(first), mask.hide(second)
    assert (mask.restore(masked[0]), mask.restore(masked[1])) == (first, second)


@given(text=texts())
@settings(max_examples=120, deadline=None)
def test_nothing_personal_remains(text: str) -> None:
    masked = hidden(text, *NAMES)
    assert personal_data(masked, "SE") == []
    assert not any(name in masked for name in NAMES)
    for piece in PERSONAL:
        assert piece not in masked


@given(text=st.text(max_size=80), names=st.lists(st.text(max_size=6), max_size=3))
@settings(max_examples=120, deadline=None)
def test_any_text_comes_back_as_it_was(text: str, names: list[str]) -> None:
    mask = Mask("SE", names)
    assert mask.restore(mask.hide(text)) == text


@given(text=st.text(alphabet="0123456789 -+().,<>_AEILM@x", max_size=50))
@settings(max_examples=200, deadline=None)
def test_numbers_in_any_arrangement_come_back_as_they_were(text: str) -> None:
    mask = Mask("SE")
    assert mask.restore(mask.hide(text)) == text
