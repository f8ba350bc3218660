"""`hearthside search`, `notice` and `draft`. Models are fakes; stores and endpoints are real."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import endpoint
from tests.integration.conftest import write_profile
from tests.integration.running import only_draft, refused, run_here

pytestmark = pytest.mark.usefixtures("quick")


def test_search_finds_what_was_said(club: Path) -> None:
    ran = run_here("search", "which bag leaks", "-n", "1")
    assert ran.code == 0
    assert "2026-11-28  anna in club" in ran.out
    assert "The bag leaks and it was late." in ran.out
    assert "says “bag”, “leaks”" in ran.out


def test_search_answers_with_json(club: Path) -> None:
    best, *rest = run_here("search", "bag leaks", "--json").data
    assert best["post"]["message"]["id"] == "m1"
    assert len(rest) == 4
    assert all(passage["score"] <= best["score"] for passage in rest)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--author", "anna"), {"m1", "m4"}),
        (("--channel", "staff"), {"m5"}),
        (("--language", "en"), {"m1", "m2", "m3", "m4", "m5"}),
        (("--language", "sv"), set()),
        (("--author", "anna", "--channel", "staff"), set()),
        (("--author", "ANNA", "--since", "2026-11-28", "--until", "2026-11-28"), {"m1"}),
        (("--language", "EN", "--author", "anna"), {"m1", "m4"}),
    ],
)
def test_filters_narrow_the_search(club: Path, filters: tuple[str, ...], found: set[str]) -> None:
    passages = run_here("search", "bag", *filters, "--json").data
    assert {passage["post"]["message"]["id"] for passage in passages} == found


def test_a_day_of_a_filter_is_that_of_the_communitys_place(club: Path) -> None:
    write_profile(club, time_zone="Pacific/Kiritimati")  # fourteen hours ahead
    days = "--since", "2026-11-29", "--until", "2026-11-29"
    passages = run_here("search", "bag", "--author", "anna", *days, "--json").data
    assert [passage["post"]["message"]["id"] for passage in passages] == ["m1"]
    assert run_here("search", "bag", "--since", "0001-01-01", "--until", "9999-12-31").code == 0


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        (("--channel", "nowhere"), "no channel"),
        (("--author", "nobody"), "nobody"),
        (("--rating", "5", "1"), "from the lower to the higher"),
        (("--rating", "nan", "5"), "from the lower to the higher"),
        (("--since", "2026-11-29", "--until", "2026-11-28"), "from the lower to the higher"),
    ],
)
def test_a_filter_that_can_admit_nothing_is_said_to(club: Path, filters: tuple[str, ...], why: str) -> None:
    ran = run_here("search", "bag", *filters)
    assert ran.code != 0
    assert why in " ".join(ran.err.replace("│", " ").split())


def test_an_empty_question_finds_nothing(club: Path) -> None:
    ran = run_here("search", " ")
    assert ran.code == 0
    assert ran.out.startswith("Nothing was found.")


@pytest.mark.parametrize("number", ["0", "101", "many"])
def test_a_senseless_count_is_refused(number: str) -> None:
    refused(run_here("search", "bag", "-n", number), "--count", code=2)


def test_what_an_index_lost_is_indexed_again_first(club: Path) -> None:
    shutil.rmtree(club / "chroma")
    assert run_here("search", "bag leaks", "-n", "1", "--json").data[0]["post"]["message"]["id"] == "m1"


def test_notice_shows_what_and_why_and_when(club: Path) -> None:
    ran = run_here("notice")
    assert ran.code == 0
    assert "26 h overdue  reply     [en]  anna: The bag leaks and it was late." in ran.out
    assert "nobody of the team has answered; the target is 24 hours.  (criticism:m1)" in ran.out
    assert "(decision:size)" in ran.out


def test_notice_answers_with_json(club: Path) -> None:
    found = run_here("notice", "--json").data
    assert [o["id"] for o in found][:2] == ["criticism:m1", "question:m2"]
    assert found[0]["posts"] == ["m1"]


def test_an_archive_is_seen_at_the_time_of_its_newest_message(club: Path) -> None:
    run_here("notice")
    assert run_here("notice", "--as-of", "2026-11-30T12:00:00").out == run_here("notice").out


def test_as_of_an_earlier_day_what_came_later_is_unknown(club: Path) -> None:
    found = run_here("notice", "--as-of", "2026-11-29T10:30:00", "--json").data
    assert [o["id"] for o in found] == ["criticism:m1", "question:m2", "decision:size"]


def test_as_of_takes_a_time_with_its_zone(club: Path) -> None:
    assert "26 h overdue" in run_here("notice", "--as-of", "2026-11-30T14:00:00+02:00").out


def test_as_of_something_that_is_no_time_is_refused(club: Path) -> None:
    refused(run_here("notice", "--as-of", "yesterday"), "--as-of", code=2)


def test_nothing_to_notice_is_said(club: Path) -> None:
    write_profile(club, decisions=[])
    assert "Nothing: every post is answered" in run_here("notice", "--as-of", "2026-11-01").out


def test_notice_needs_no_model(club: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHSIDE_LOCAL_MODEL", "nowhere.gguf")
    assert run_here("notice").code == 0


def test_a_draft_for_something_noticed(club: Path) -> None:
    run_here("notice")
    draft = only_draft("criticism:m1")
    assert (draft["plan"]["subject"], draft["status"]) == ("post:m1", "proposed")
    assert "The bag leaks and it was late" in draft["text"]


def test_something_noticed_is_drafted_once(club: Path) -> None:
    run_here("notice")
    assert only_draft("criticism:m1")["id"] == only_draft("criticism:m1")["id"]


def test_a_draft_for_a_post(club: Path) -> None:
    assert only_draft("--post", "m3")["plan"]["situation"] == "praise"


def test_a_draft_for_a_request_in_words(club: Path) -> None:
    draft = only_draft("a poll about size")
    assert draft["plan"]["subject"] == "decision:size"
    assert "Which size should we sell?" in draft["text"]


def test_a_draft_in_another_language(club: Path) -> None:
    draft = only_draft("a poll about size", "--language", "sv")
    assert draft["plan"]["language"] == "sv"
    assert "Vilken storlek ska vi sälja?" in draft["text"]


def test_a_draft_for_everything_noticed_once(club: Path) -> None:
    assert run_here("draft", "--all").out == "6 drafts are waiting in the queue.\n"
    assert run_here("draft", "--all").out == "0 drafts are waiting in the queue.\n"
    assert len(run_here("review", "--json").data) == 6


def test_draft_is_shown_sentence_by_sentence(club: Path) -> None:
    out = run_here("draft", "--post", "m1").out
    assert "proposed, reply [en], revision 1, by phrasebook" in out
    assert "    m1 phrasebook " in out


def test_what_blocks_is_shown(club: Path) -> None:
    assert "block: m4: " in run_here("draft", "--post", "m2").out


def test_a_request_that_names_no_kind_is_refused(club: Path) -> None:
    refused(run_here("draft", "something nice"), "does not say what to write", "poll")


def test_a_request_without_ground_is_refused_with_what_to_add(club: Path) -> None:
    refused(run_here("draft", "a poll about submarines"), "submarines", "Add a decision")


def test_an_unknown_post_is_refused(club: Path) -> None:
    refused(run_here("draft", "--post", "m99"), "There is no post “m99”")


def test_nothing_asked_for_is_refused(club: Path) -> None:
    refused(run_here("draft"), "Say what to draft", code=2)


def test_an_unknown_writer_is_refused(club: Path) -> None:
    refused(run_here("draft", "--post", "m1", "--writer", "poet"), "no writer “poet”", "auto, phrasebook, model")


def test_a_model_that_is_not_set_is_refused_with_the_way_out(club: Path) -> None:
    refused(run_here("draft", "--post", "m1", "--writer", "model"), "HEARTHSIDE_MODEL", "phrasebook")


def test_a_local_model_that_is_not_there_is_refused(club: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHSIDE_LOCAL_MODEL", "/nowhere.gguf")
    refused(run_here("draft", "--post", "m1"), "/nowhere.gguf does not exist", "HEARTHSIDE_LOCAL_MODEL")


def test_a_channel_made_private_counts_at_once(club: Path) -> None:
    assert only_draft("--post", "m3")["plan"]["audience"] == "public"
    write_profile(club, live=False, channels=[{"id": "club", "name": "#club", "visibility": "private"}])
    assert only_draft("--post", "m3")["plan"]["audience"] == "private"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[endpoint.Endpoint]:
    with endpoint.running() as running:
        monkeypatch.setenv("HEARTHSIDE_MODEL", "small")
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
        yield running


def test_the_words_and_the_costs_of_a_model_are_in_the_draft(
    club: Path, model: endpoint.Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHSIDE_PRICE_IN", "1000")
    monkeypatch.setenv("HEARTHSIDE_PRICE_OUT", "2000")
    said = {"m5": {"text": "Thank you, Cara, for these kind words.", "evidence": ["e1"]}}
    model.tell(endpoint.streamed(json.dumps(said)))
    draft = only_draft("--post", "m3")
    last = draft["segments"][-1]
    assert (last["text"], last["author"]) == ("Thank you, Cara, for these kind words.", "model")
    assert last["evidence"] == ["post:m3"]
    assert (draft["provenance"]["model"], draft["provenance"]["tokens_in"]) == ("small", 11)
    assert draft["provenance"]["cost"] == pytest.approx(0.021)


@pytest.mark.parametrize(
    "answer",
    [
        endpoint.refused(401, "Incorrect API key sk-very-secret"),
        endpoint.Answer(b"<html>a login page</html>"),
        endpoint.streamed("I am sorry, I cannot do JSON today."),
    ],
    ids=["refused", "garbage", "no JSON"],
)
def test_where_the_model_fails_the_phrasebook_writes_and_says_so(
    club: Path, model: endpoint.Endpoint, answer: endpoint.Answer
) -> None:
    model.tell(answer)
    draft = only_draft("--post", "m3")
    assert {segment["author"] for segment in draft["segments"]} == {"phrasebook"}
    assert [finding["check"] for finding in draft["findings"]] == ["model"]
    assert "sk-very-secret" not in json.dumps(draft)


def test_the_phrasebook_can_be_asked_for_all_the_same(club: Path, model: endpoint.Endpoint) -> None:
    assert only_draft("--post", "m3", "--writer", "phrasebook")["provenance"]["writer"] == "phrasebook"
    assert model.asked == []
