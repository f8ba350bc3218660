"""Nothing private in a public text."""

import pytest

from assistant.checking.privacy import check
from tests.making import evidence, profile
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES

STAFF = evidence("post:s1", "The bar was too cool.", visibility="private", channel="#staff")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_gives_nothing_away(language: str) -> None:
    of = reply(language)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


def test_a_public_text_that_rests_on_a_private_post_blocks() -> None:
    found = examined(check, *one("So it is.", evidence=("post:s1",), known=(STAFF,)))
    assert kinds(found) == [("block", "m1")]
    assert "#staff" in found[0].message


@pytest.mark.parametrize(("channel", "found"), [("#staff", []), ("#vip", [("block", "m1")])])
def test_a_private_text_may_rest_on_private_posts_of_its_own_channel_alone(
    channel: str, found: list[tuple[str, str]]
) -> None:
    answered = evidence(visibility="private", channel=channel)
    drafted = one("So it is.", evidence=("post:m1", "post:s1"), known=(answered, STAFF), audience="private")
    assert kinds(examined(check, *drafted)) == found


@pytest.mark.parametrize("data", ["anna@example.org", "+46 70 123 45 67", "4111 1111 1111 1111", "(212) 555-0123"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_personal_data_blocks_in_every_language(language: str, data: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m4=f"{by_phrasebook(of)[3].text} {data}"))
    assert kinds(found) == [("block", "m4")]
    assert "personal data" in found[0].message


def test_personal_data_blocks_even_where_the_member_gave_it_or_it_is_quoted() -> None:
    known = (evidence("post:m1", "Call me: +46 70 123 45 67"),)
    assert kinds(examined(check, *one("You wrote: “+46 70 123 45 67”.", known=known))) == [("block", "m1")]


@pytest.mark.parametrize("place", ["profile:contacts.mail", "sheet:leaks.remedy"])
def test_our_own_address_may_be_given(place: str) -> None:
    known = (evidence(place, "Write to help@club.example or call +46 31 123 45 67."),)
    assert examined(check, *one("Write to help@club.example, or call +46 31 123 45 67.", known=known)) == []


def test_an_address_that_only_looks_like_ours_may_not() -> None:
    known = (evidence("profile:contacts.mail", "Write to help@club.example."),)
    assert kinds(examined(check, *one("Write to help@club.example.com.", known=known))) == [("block", "m1")]


def test_the_message_does_not_repeat_the_data() -> None:
    found = examined(check, *one("Call +46 70 123 45 67."))
    assert "123" not in found[0].message


@pytest.mark.parametrize(
    "text", ["It began on 01.12.2026.", "Since 2026-12-01.", "It costs 129 kr.", "20 % off, 3 for 2.", "250 g, 14:30"]
)
def test_dates_and_prices_are_not_personal(text: str) -> None:
    assert examined(check, *one(text)) == []


@pytest.mark.parametrize("text", ["Our price list says so.", "The PRICE  LIST is new.", "(price list)", "“price list”"])
def test_a_confidential_topic_blocks(text: str) -> None:
    found = examined(check, *one(text))
    assert kinds(found) == [("block", "m1")]
    assert "confidential" in found[0].message


@pytest.mark.parametrize("text", ["The price of the list.", "A pricelist.", "Reprice listing."])
def test_words_that_only_resemble_one_do_not(text: str) -> None:
    assert examined(check, *one(text)) == []


@pytest.mark.parametrize(("topic", "text"), [("C++ (beta)", "We use C++ (beta) here."), ("a.b", "See a.b now.")])
def test_a_topic_is_taken_literally(topic: str, text: str) -> None:
    assert len(examined(check, *one(text), of_profile=profile(confidential=[topic]))) == 1
    assert examined(check, *one("We use axb and CCC."), of_profile=profile(confidential=[topic])) == []


@pytest.mark.parametrize("topics", [[], [""], ["  "]])
def test_without_topics_nothing_is_confidential(topics: list[str]) -> None:
    assert examined(check, *one("So it is."), of_profile=profile(confidential=topics)) == []


def test_a_person_gives_nothing_away_either() -> None:
    assert kinds(examined(check, *one("Ask anna@example.org.", author="person"))) == [("block", "m1")]
