from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.noticing.decision import detect
from tests import making
from tests.making import NOW, view

SIZE = {
    "id": "size",
    "question": {"en": "Which size?", "sv": "Vilken storlek?"},
    "options": [{"en": "Small"}, {"en": "Large"}],
    "use": {"en": "It is sold."},
}


def decisions(**changes: object) -> list[dict[str, object]]:
    return [{**SIZE, **changes}]


def test_an_open_decision_is_noticed_with_its_question() -> None:
    (found,) = detect(view(profile=making.profile(decisions=decisions(decide_by="2026-12-20"))))
    assert (found.id, found.kind, found.decision, found.subject) == ("decision:size", "poll", "size", "decision:size")
    assert (found.title, found.language) == ("Which size?", "en")


def test_it_is_due_at_noon_of_the_day_it_is_decided() -> None:
    (found,) = detect(view(profile=making.profile(decisions=decisions(decide_by="2026-12-20"))))
    assert found.due == datetime(2026, 12, 20, 12, tzinfo=UTC)
    assert found.why == "An open decision of the profile. It is to be decided by 20 December."


def test_a_decision_without_a_date_is_never_due() -> None:
    (found,) = detect(view(profile=making.profile(decisions=decisions())))
    assert found.due is None
    assert found.why == "An open decision of the profile."


@pytest.mark.parametrize(("days", "open_"), [(-1, False), (0, False), (1, True)])
def test_a_decision_is_open_until_the_day_before(days: int, open_: bool) -> None:
    day: date = NOW.date() + timedelta(days=days)
    looked = view(profile=making.profile(decisions=decisions(decide_by=day)))
    assert bool(list(detect(looked))) is open_


def test_without_a_question_in_the_default_language_it_is_called_by_its_id() -> None:
    profile = making.profile(decisions=decisions(question={"sv": "Vilken storlek?"}))
    (found,) = detect(view(profile=profile))
    assert found.title == "size"
