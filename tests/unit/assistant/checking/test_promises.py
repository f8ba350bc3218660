"""No offer and no promise beyond what the facts say, in eight languages."""

import pytest

from assistant.checking.promises import check
from prompts.lexicon import REMEDIES
from prompts.phrasebook import phrasebook
from tests.making import move
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES, SLIPS

POLICY_MOVES = ("repent", "next_step", "contact", "how_used", "recognition", "closes", "deadline")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_promises_nothing(language: str) -> None:
    of = reply(language)
    for attempt in range(4):
        assert examined(check, of, by_phrasebook(of, attempt)) == []


@pytest.mark.parametrize("category", REMEDIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_that_the_policy_does_not_give_blocks(language: str, category: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m4=getattr(SLIPS[language], category)))
    assert ("block", "m4") in kinds(found)
    assert any(f"offers a {category} " in finding.message for finding in found)


@pytest.mark.parametrize("category", REMEDIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_facts_of_the_move_offer_may_be_offered(language: str, category: str) -> None:
    slip = getattr(SLIPS[language], category)
    found = examined(check, *one(f"{slip} {slip}", name="repair", language=language, slots={"remedy": slip}))
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_of_the_policy_in_other_words_blocks_a_model_and_warns_a_person(language: str) -> None:
    free = SLIPS[language].free
    for author, severity in (("model", "block"), ("phrasebook", "block"), ("person", "warn")):
        said = one(free, name="repair", author=author, language=language, slots={"remedy": f"{free} So."})
        assert (severity, "m1") in kinds(examined(check, *said))


def test_more_of_the_same_category_is_another_offer() -> None:
    more = "We will send you a new grinder and a new machine free of charge, today."
    found = examined(check, *one(more, name="repair", slots={"remedy": "A new bag is sent at our cost."}))
    assert [finding.message.split(" (")[0] for finding in found] == [
        "offers a free",
        "offers a replacement",
        "promises",
    ]
    assert {finding.severity for finding in found} == {"block"}


def test_the_words_of_the_policy_may_stand_in_the_middle_of_a_sentence() -> None:
    said = one(
        "To put this right, a new bag is sent at our cost.",
        name="repair",
        slots={"remedy": "A new bag is sent at our cost."},
    )
    assert examined(check, *said) == []


def test_what_an_offer_adds_to_its_fact_is_a_promise() -> None:
    remedy = "A new bag is sent at our cost."
    for author, severity in (("model", "block"), ("person", "warn")):
        said = one(f"{remedy} We will send our best one.", name="repair", author=author, slots={"remedy": remedy})
        assert kinds(examined(check, *said)) == [(severity, "m1")]


def test_the_name_of_a_topic_is_no_policy() -> None:
    said = one("A refund for all.", name="task", author="person", slots={"topic": "refunds"})
    assert kinds(examined(check, *said)) == [("block", "m1")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_of_another_move_is_no_licence(language: str) -> None:
    slip = SLIPS[language].refund
    of = reply(language, None, move("m5", "repair", "criticism", slots={"remedy": slip}))
    found = examined(check, of, by_phrasebook(of, m4=slip))
    assert set(kinds(found)) == {("block", "m4")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_remedy_is_no_licence_for_another(language: str) -> None:
    slips = SLIPS[language]
    of, segments = one(f"{slips.free} {slips.refund}", name="repair", language=language, slots={"remedy": slips.free})
    found = examined(check, of, segments)
    assert found[0].message.startswith("offers a refund")
    assert "that the policy does not give here" in found[0].message


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_promise_without_a_fact_blocks(language: str) -> None:
    of = reply(language)
    found = examined(check, of, by_phrasebook(of, m4=SLIPS[language].commitment))
    assert ("block", "m4") in kinds(found)
    assert any("without a fact behind it" in finding.message for finding in found)


@pytest.mark.parametrize("name", POLICY_MOVES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_move_that_states_policy_may_bind_us_to_its_facts(language: str, name: str) -> None:
    text = SLIPS[language].commitment
    assert examined(check, *one(text, name=name, language=language, slots={"fact": "It is so."})) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_move_that_states_policy_without_a_fact_may_not(language: str) -> None:
    text = SLIPS[language].commitment
    found = examined(check, *one(text, name="repair", language=language, slots={"remedy": None}))
    assert found != []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_may_be_quoted_with_any_wish(language: str) -> None:
    opening, closing = phrasebook(language).quotes
    wish = SLIPS[language].refund
    said = one(f"{opening}{wish}{closing}", name="restate", language=language, slots={"quote": wish})
    assert examined(check, *said) == []


@pytest.mark.parametrize("category", REMEDIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_member_asks_for_is_no_licence_to_offer_it(language: str, category: str) -> None:
    opening, closing = phrasebook(language).quotes
    wish = getattr(SLIPS[language], category)
    for text in (wish, f"{opening}{wish}{closing} {wish}"):
        found = examined(check, *one(text, name="restate", language=language, slots={"quote": wish}))
        assert ("block", "m1") in kinds(found)


@pytest.mark.parametrize(
    "text",
    [
        "Feel free to write again.",
        "We have read it, and it matters to us.",
        "What would you like us to change?",
        "That was refreshing to read.",
        "Gifted people write here.",
    ],
)
def test_harmless_english_is_no_offer(text: str) -> None:
    assert examined(check, *one(text)) == []


def test_each_wording_is_named_in_the_message() -> None:
    found = examined(check, *one("A refund, or your money back."))
    assert found[0].message.startswith("offers a refund (“refund, money back”)")
    assert "community.yaml" in found[0].message


def test_a_person_is_held_to_the_policy_too() -> None:
    assert kinds(examined(check, *one("We promise a refund.", author="person"))) == [("block", "m1"), ("block", "m1")]
