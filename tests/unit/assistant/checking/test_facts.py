"""Numbers, names and addresses come from the facts and the evidence."""

from typing import Any

import pytest

from assistant.checking.facts import check
from tests.making import evidence, move, plan, profile, segment
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES

PAID = "I paid 129 kr on December 1 at Lantern Street, says Petra. See www.x.example."
POST = (evidence("post:m1", PAID, author="Åsa"),)


def said(text: str, language: str = "en", **changes: Any) -> list[str]:
    return [finding.message for finding in examined(check, *one(text, known=POST, language=language, **changes))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_invents_nothing(language: str) -> None:
    of = reply(language)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_that_nobody_gave_blocks_in_every_language(language: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m4=f"{by_phrasebook(of)[3].text} 48."))
    assert kinds(found) == [("block", "m4")]
    assert "“48”" in found[0].message


@pytest.mark.parametrize("text", ["You paid 129 kr.", "On December 1 you wrote.", "Bought for 129,-", "(129)"])
def test_a_number_of_the_evidence_may_be_said(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize("number", ["130", "12", "29", "1290", "1.5", "12:30", "1/2", "2026-12-01"])
def test_another_number_may_not(number: str) -> None:
    assert any(f"the number “{number.split('-')[0]}" in message for message in said(f"It was {number} then."))


def test_digits_of_another_script_are_the_same_number() -> None:
    assert said("۱۲۹ کرون پرداختید.", "fa") == []
    assert said("دفعتم ١٢٩ كرونة.", "ar") == []
    assert len(said("۱۳۰ کرون پرداختید.", "fa")) == 1


def test_a_number_of_another_moves_fact_may_be_said() -> None:
    of = plan(move("m1", "thank"), move("m2", "repair", slots={"remedy": "We send 2 bags."}))
    assert examined(check, of, [segment("It takes 2 bags.", "m1")]) == []


def test_a_name_of_the_evidence_its_authors_or_the_community_may_be_said() -> None:
    assert said("We thank Petra and Åsa of Lantern Street here at The Club.") == []


@pytest.mark.parametrize("text", ["We thank Karin for that.", "It was, Karin, a mistake.", "So says dear Karin."])
def test_a_name_that_nobody_mentioned_blocks(text: str) -> None:
    assert said(text) == ["the name “Karin” is not in the facts or the evidence."]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We read it on Tuesday, and I’m glad. In December I’ll read it again."),
        ("sv", "Vi läste det i tisdags, och igen i december."),
        ("pl", "Dziękujemy, że do nas piszecie. Wasze słowa i Państwa zdanie się liczą."),
        ("pt", "Lemos a sua mensagem na terça-feira, em dezembro."),
        ("af", "Ons het dit Dinsdag in Desember gelees."),
        ("zu", "Siwufundile umyalezo wakho ngoLwesibili."),
    ],
)
def test_days_months_and_polite_capitals_are_no_names(language: str, text: str) -> None:
    assert said(text, language) == []


def test_the_first_word_of_a_sentence_is_not_taken_for_a_name() -> None:
    assert said("Karin wrote. Bags leak. “Beans are fine.” Good.") == []


def test_a_name_inside_a_quotation_is_the_members_own_matter() -> None:
    assert said("You wrote: “thanks to dear Karin for it”.") == []


@pytest.mark.parametrize(
    "address",
    ["https://buy.example/now", "http://x.example", "www.other.example", "help@other.example", "HTTPS://X.EXAMPLE"],
)
def test_an_address_that_nobody_gave_blocks(address: str) -> None:
    assert any("the address" in message for message in said(f"Look at {address}."))


def test_an_address_of_the_facts_may_be_said() -> None:
    contact = {"contact": "Write to help@club.example or see https://club.example/help."}
    assert said("Write to help@club.example, or see https://club.example/help.", slots=contact) == []


def test_what_a_person_wrote_is_only_a_warning() -> None:
    found = examined(check, *one("Karin says so. We thank Karin for 48 bags.", known=POST, author="person"))
    assert {severity for severity, _ in kinds(found)} == {"warn"}
    assert len(found) == 2


def test_the_name_of_the_community_may_be_said_in_any_place() -> None:
    of_profile = profile(name="Kaffe Kollektivet")
    of, segments = one("We at Kaffe Kollektivet thank you.")
    assert examined(check, of, segments, of_profile=of_profile) == []
