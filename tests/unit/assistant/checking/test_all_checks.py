"""All checks at once: each has its say, in their order, and none changes anything."""

import pytest

from assistant import checking
from assistant.checking import CHECKS, check
from assistant.checking.subject import Detect
from assistant.domain import MISSING_FACT
from tests.making import evidence, move, profile, segment
from tests.unit.assistant.checking.drafts import by_phrasebook, reply, speaks
from tests.unit.assistant.planted import LANGUAGES

PLANTED = {
    "moves": ("m2", ""),
    MISSING_FACT: ("m4", "Thank you, [NEEDS name]."),
    "facts": ("m4", "We thank Karin."),
    "promises": ("m4", "You get a refund."),
    "verbatim": ("m3", "You wrote that it is the best."),
    "arguing": ("m4", "You should have read it."),
    "privacy": ("m4", "Write to anna@example.org."),
    "length": ("m4", "so it is " * 90),
    "tone": ("m4", "Thank you!!"),
}


def test_every_check_is_run() -> None:
    modules = [name for name in vars(checking) if hasattr(vars(checking)[name], "check")]
    assert {getattr(checking, name).check for name in modules} == set(CHECKS)
    assert len(CHECKS) == len(set(CHECKS)) == 13


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_good_draft_has_no_findings(language: str) -> None:
    of = reply(language)
    assert check(of, by_phrasebook(of), profile(), speaks(language)) == ()


@pytest.mark.parametrize(("name", "place", "text"), [(name, *planted) for name, planted in PLANTED.items()])
def test_each_planted_fault_is_found_by_its_check(name: str, place: str, text: str) -> None:
    of = reply()
    found = check(of, by_phrasebook(of, **{place: text}), profile(), speaks("en"))  # type: ignore[arg-type]
    assert name in {finding.check for finding in found}


@pytest.mark.parametrize(
    ("name", "detect"), [("language", speaks("sv")), ("form", speaks("pl")), ("evidence", speaks("en"))]
)
def test_faults_of_language_form_and_evidence_are_found_as_well(name: str, detect: Detect) -> None:
    of = reply("pl", "informal") if name == "form" else reply()
    planted = segment("Dziękujemy Państwu." if name == "form" else "Thank you.", "m4", "model", ("post:m99",))
    long = by_phrasebook(of, m2="So it is, and so it was, and so it remains with all of us here.")
    segments = (*long[:3], planted) if name == "language" else (*by_phrasebook(of)[:3], planted)
    assert name in {finding.check for finding in check(of, segments, profile(), detect)}


def test_a_bad_option_is_found() -> None:
    of = reply("en", None, *(move(f"o{n}", "option", "literal", slots={"text": "Small"}) for n in (1, 2)), kind="poll")
    segments = [segment("Small", "o1"), segment("Small", "o2")]
    assert "options" in {finding.check for finding in check(of, segments, profile(), speaks("en"))}


def test_findings_come_in_the_order_of_the_checks_and_of_the_text() -> None:
    of = reply()
    segments = by_phrasebook(of, m2="You get a refund. Karin, and Karin.", m4="We thank Karin, and you get a refund.")
    found = check(of, segments, profile(), speaks("en"))
    assert [(finding.check, finding.move) for finding in found if finding.check in ("facts", "promises")] == [
        *(("facts", "m2"), ("facts", "m4"), ("promises", "m2"), ("promises", "m4"))
    ]


def test_checking_twice_says_the_same() -> None:
    of = reply(evidence=(evidence("post:m1", "Nothing of it."),))
    segments = by_phrasebook(of, m4="We promise Karin 7 refunds!")
    first = check(of, segments, profile(), speaks("en"))
    assert first == check(of, segments, profile(), speaks("en"))
    assert len(first) >= 4


def test_an_empty_draft_lacks_its_moves_and_nothing_else() -> None:
    found = check(reply(), (), profile(), speaks("en"))
    assert {finding.check for finding in found} == {"moves"}
