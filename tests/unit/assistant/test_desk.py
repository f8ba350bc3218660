from datetime import UTC, datetime

import pytest

from assistant.community import Sheet
from assistant.domain import Plan
from assistant.ports import FactSheet
from knowledge.adapters.memory import ScriptedLanguages
from tests import making
from tests.making import NOW

SAID = "We have read every word of what you wrote about the bag."


def greeting() -> Plan:
    return making.plan(making.move("m1", "greet", "unnamed"))


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 9), ("Europe/Stockholm", 10), ("Asia/Tehran", 12)])
def test_now_is_the_time_at_the_place_of_the_community(zone: str, hour: int) -> None:
    desk = making.desk(profile=making.profile(time_zone=zone))
    assert desk.now == NOW
    assert desk.now.hour == hour


def test_near_midnight_the_day_is_that_of_the_community() -> None:
    late = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)
    assert making.desk(profile=making.profile(time_zone="Europe/Stockholm"), now=late).now.day == 2


def test_the_checks_know_the_profile() -> None:
    findings = making.desk().check(greeting(), [making.segment("Here is our price list.")])
    assert any(finding.check == "privacy" for finding in findings)


def test_the_checks_tell_the_language_as_the_desk_does() -> None:
    spoken = making.understanding()._replace(languages=ScriptedLanguages(default="sv"))
    (wrong,) = [f for f in making.desk(understanding=spoken).check(greeting(), [making.segment(SAID)]) if f.move is None
                and f.check == "language"]  # fmt: skip
    assert wrong.message == "is in “sv”, wanted is “en”."
    assert not [f for f in making.desk().check(greeting(), [making.segment(SAID)]) if f.check == "language"]


def test_a_composed_text_is_complete_and_another_attempt_says_it_otherwise() -> None:
    desk = making.desk()
    first, second = (desk.compose(greeting(), attempt).segments[0].text for attempt in (0, 1))
    assert first
    assert first != second


def test_the_sheet_of_the_profile_stands_until_one_is_stored() -> None:
    desk = making.desk()
    assert desk.sheet("leaks") == FactSheet(incident="leaks", sheet=Sheet.model_validate(making.SHEET))
    stored = FactSheet(incident="leaks", sheet=Sheet(), confirmed_by="Jon")
    desk.store.save_sheet("club", stored)
    assert desk.sheet("leaks") == stored


def test_an_unknown_incident_has_an_empty_sheet() -> None:
    assert making.desk().sheet("incident:m9") == FactSheet(incident="incident:m9", sheet=Sheet())


def test_the_matcher_is_made_once() -> None:
    desk = making.desk()
    assert desk.matcher is desk.matcher
