"""The profile: what community.yaml may say, in which language it says it, and how a mistake in it is named."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.community import Profile, read_profile
from assistant.errors import BadProfile
from tests.making import profile


def small(**changes: Any) -> Profile:
    return Profile.model_validate({"id": "club", "name": "The Club", **changes})


def test_a_name_and_an_id_are_enough() -> None:
    made = small()
    assert (made.languages, made.default_language, made.live) == (("en",), "en", False)


def test_a_plain_text_stands_for_the_default_language() -> None:
    made = small(languages=["sv", "en"], default_language="sv", safety="Se upp.")
    assert made.say(made.safety, "sv") == "Se upp."
    assert made.say(made.safety, "en") is None


def test_a_day_is_that_of_the_communitys_place_and_the_ends_of_the_calendar_are_no_limit() -> None:
    stockholm, new_york = small(time_zone="Europe/Stockholm"), small(time_zone="America/New_York")
    assert stockholm.at_place(date(2026, 11, 1), time.min) == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert stockholm.at_place(date.min, time.min) is None
    assert new_york.at_place(date.max, time.max) is None


def test_a_text_is_said_in_its_own_language_only() -> None:
    made = profile()
    assert made.say(made.decisions[0].question, "sv") == "Vilken storlek ska vi sälja?"
    assert made.say(made.decisions[0].question, "pl") is None


def test_a_text_for_the_language_wins_over_the_plain_one() -> None:
    made = small(safety={"default": "Plain.", "en": "English."})
    assert made.say(made.safety, "en") == "English."


def test_a_text_that_is_missing_is_not_said() -> None:
    assert small().say({}, "en") is None


def test_the_team_is_known_by_id_not_by_name() -> None:
    made = profile()
    assert made.is_team("maja")
    assert not made.is_team("Maja")
    assert not made.is_team("anna")


def test_without_a_team_nobody_speaks_for_the_brand() -> None:
    assert not small().is_team("maja")


@pytest.mark.parametrize("id_", ["", "a", "Club", "-club", "the club", "club/../other", "c" * 49, "klub\n", "żubr"])
def test_an_id_that_is_no_slug_is_refused(id_: str) -> None:
    with pytest.raises(ValidationError):
        small(id=id_)


def test_the_default_language_is_one_of_the_languages() -> None:
    with pytest.raises(ValidationError, match="default_language “pl”"):
        small(languages=["en", "sv"], default_language="pl")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../UTC", "GMT plus one"])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="time_zone"):
        small(time_zone=zone)


@pytest.mark.parametrize(
    ("group", "items"),
    [
        ("team", [{"id": "x", "name": "A"}, {"id": "x", "name": "B"}]),
        ("channels", [{"id": "x", "name": "#a"}, {"id": "x", "name": "#b"}]),
        ("remedies", [{"id": "x", "text": "A."}, {"id": "x", "text": "B."}]),
        ("contacts", [{"id": "x", "text": "A."}, {"id": "x", "text": "B."}]),
        ("incidents", [{"id": "x", "about": ["a"]}, {"id": "x", "about": ["b"]}]),
        ("decisions", [{"id": "x", "question": "Q?", "options": ["a", "b"], "use": "U."}] * 2),
        ("rituals", [{"id": "x", "text": "A."}, {"id": "x", "text": "B."}]),
    ],
)
def test_an_id_stands_once_in_its_group(group: str, items: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError, match="ids must be unique: x"):
        small(**{group: items})


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "blue"},
        {"voice": {"form_of_address": "royal"}},
        {"channels": [{"id": "a", "name": "#a", "visibility": "secret"}]},
        {"decisions": [{"id": "a", "question": "Q?", "options": ["one"], "use": "U."}]},
        {"decisions": [{"id": "a", "question": "Q?", "options": [str(n) for n in range(11)], "use": "U."}]},
        {"decisions": [{"id": "a", "question": "Q?", "options": ["a", "b"]}]},
        {"incidents": [{"id": "a", "about": []}]},
        {"remedies": [{"id": "a", "text": "T.", "limit_per_member": 0}]},
        {"poll_days": 0},
        {"poll_days": 31},
        {"challenge_days": 0},
    ],
)
def test_what_a_profile_cannot_say_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        small(**change)


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        small().name = "Other"  # type: ignore[misc]


def test_a_profile_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "community.yaml"
    path.write_text("id: club\nname: Клуб\nlanguages: [pl]\ndefault_language: pl\nsafety: Uwaga, para.\n", "utf-8")
    made = read_profile(path)
    assert made.name == "Клуб"
    assert made.say(made.safety, "pl") == "Uwaga, para."


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("id: club\nname: [", "line 2"),
        ("id: club\nname: Club\nteam:\n  - {id: maja}\n", r"team\.0\.name"),
        ("id: club\nname: Club\npoll_days: soon\n", "poll_days"),
        ("id: club\nname: Club\ncolour: blue\n", "colour"),
        ("id: club\nname: Club\ndefault_language: pl\n", "default_language"),
        ("", "top"),
        ("- club\n", "top"),
    ],
)
def test_a_broken_profile_is_refused_with_file_and_place(tmp_path: Path, content: str, place: str) -> None:
    path = tmp_path / "community.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadProfile, match=rf"(?s)community\.yaml: .*{place}"):
        read_profile(path)


def test_all_mistakes_of_a_profile_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "community.yaml"
    path.write_text("id: Club\nname: Club\npoll_days: 99\n", encoding="utf-8")
    with pytest.raises(BadProfile, match=r"id: .*; poll_days: "):
        read_profile(path)


def test_a_profile_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match=r"nowhere\.yaml"):
        read_profile(tmp_path / "nowhere.yaml")


def test_a_profile_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "community.yaml"
    path.write_bytes("id: club\nname: Fåglar\n".encode("latin-1"))
    with pytest.raises(BadProfile, match=r"community\.yaml"):
        read_profile(path)


MERGED = [{"id": "maja", "also": ["U1", "Maja K."]}, {"id": "anna", "also": ["U2"]}]


def test_several_ids_may_be_one_person() -> None:
    made = small(members=MERGED)
    assert made.aliases == {"U1": "maja", "Maja K.": "maja", "U2": "anna"}


@pytest.mark.parametrize("listed", ["maja", "U1"])
def test_one_of_the_team_is_known_under_each_of_their_ids(listed: str) -> None:
    made = small(members=MERGED, team=[{"id": listed, "name": "Maja"}])
    assert all(made.is_team(id_) for id_ in ("maja", "U1", "Maja K."))
    assert not made.is_team("anna")


@pytest.mark.parametrize(
    "twice",
    [
        [*MERGED, {"id": "maja", "also": ["x"]}],
        [*MERGED, {"id": "x", "also": ["U1"]}],
        [*MERGED, {"id": "U1", "also": ["x"]}],
        [{"id": "maja", "also": ["x", "x"]}],
        [{"id": "maja", "also": ["maja"]}],
    ],
)
def test_an_id_belongs_to_one_person_once(twice: list[dict[str, object]]) -> None:
    with pytest.raises(ValidationError, match="stands there twice; each id or name belongs to one person"):
        small(members=twice)


def test_who_is_one_person_needs_a_second_id() -> None:
    with pytest.raises(ValidationError):
        small(members=[{"id": "maja", "also": []}])
