"""A draft is in the language of its plan; told by the real detector."""

from collections.abc import Iterator

import pytest

from assistant.checking.language import check
from assistant.checking.subject import Detect
from knowledge.languages import Detection, LanguageModel
from prompts.phrasebook import phrasebook
from tests.making import move
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, one, reply
from tests.unit.assistant.planted import LANGUAGES, MEMBERS

NEXT = dict(zip(LANGUAGES, (*LANGUAGES[1:], LANGUAGES[0]), strict=True))
"""Another language for each."""


def real(languages: LanguageModel) -> Detect:
    return lambda text: languages.detect(text, expected=LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrasebook_draft_is_in_its_language(language: str, languages: LanguageModel) -> None:
    for form in phrasebook(language).forms:
        of = reply(language, form)
        for attempt in range(3):
            assert examined(check, of, by_phrasebook(of, attempt), detect=real(languages)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_in_another_language_blocks_as_a_whole(language: str, languages: LanguageModel) -> None:
    other = reply(NEXT[language])
    of = reply(language)
    found = examined(check, of, by_phrasebook(other), detect=real(languages))
    assert kinds(found) == [("block", None)]
    assert f"wanted is “{language}”" in found[0].message


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_slip_in_the_middle_blocks_its_sentence_or_the_whole(language: str, languages: LanguageModel) -> None:
    slip = f"{MEMBERS[NEXT[language]].grief} {MEMBERS[NEXT[language]].criticism}"
    of = reply(language, None, *(move(f"m{n}", "feel", "criticism") for n in (5, 6, 7)))
    found = examined(check, of, by_phrasebook(of, m2=slip), detect=real(languages))
    assert kinds(found) in ([("block", "m2")], [("block", None)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quotation_may_be_in_another_language(language: str, languages: LanguageModel) -> None:
    opening, closing = phrasebook(language).quotes
    of = reply(language)
    foreign = f"{opening}{MEMBERS[NEXT[language]].grief}{closing}"
    own = MEMBERS[language].criticism
    found = examined(check, of, by_phrasebook(of, m2=f"{own} {foreign}"), detect=real(languages))
    assert found == []


class Scripted:
    """Detections one after the other, and the texts that were asked about."""

    def __init__(self, *detections: tuple[str, float]) -> None:
        self.asked: list[str] = []
        self._detections: Iterator[tuple[str, float]] = iter(detections)

    def __call__(self, text: str) -> Detection:
        self.asked.append(text)
        return Detection(*next(self._detections))


def test_a_text_too_short_to_tell_is_not_judged() -> None:
    detect = Scripted()
    assert examined(check, *one("Tack. 12345678901234567890123456789012345678901234567890"), detect=detect) == []
    assert detect.asked == []


def test_a_segment_that_is_too_short_is_judged_with_the_whole_only() -> None:
    detect = Scripted(("en", 0.9))
    assert examined(check, *one("a" * 79), detect=detect) == []
    assert len(detect.asked) == 1


def test_a_slip_must_be_plain_to_count() -> None:
    detect = Scripted(("en", 0.9), ("sv", 0.69))
    assert examined(check, *one("a" * 80), detect=detect) == []
    assert kinds(examined(check, *one("a" * 80), detect=Scripted(("en", 0.9), ("sv", 0.7)))) == [("block", "m1")]


def test_facts_and_gaps_are_not_asked_about() -> None:
    detect = Scripted(("en", 0.9))
    text = "We have read every single word that you wrote to us here today. Ett faktum. [NEEDS cause]"
    examined(check, *one(text, slots={"cause": "Ett faktum."}), detect=detect)
    assert "faktum" not in detect.asked[0]
    assert "NEEDS" not in detect.asked[0]


def test_a_draft_that_is_wrong_as_a_whole_is_not_taken_apart() -> None:
    detect = Scripted(("sv", 0.9))
    assert kinds(examined(check, *one("a" * 200), detect=detect)) == [("block", None)]
    assert len(detect.asked) == 1
