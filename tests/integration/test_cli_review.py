"""`hearthside review`: every decision at the command line."""

from pathlib import Path

import pytest

from tests.integration.running import only_draft, refused, run_here

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def praise(club: Path) -> str:
    return str(only_draft("--post", "m3")["id"])


def test_the_queue_lists_each_draft(praise: str) -> None:
    (line,) = run_here("review").out.splitlines()
    assert line.startswith(f"{praise}  proposed  reply     [en]")
    assert "cara: Lovely" in line


def test_an_empty_queue_says_how_to_fill_it(club: Path) -> None:
    assert "hearthside draft --all" in run_here("review").out


def test_a_draft_that_blocks_is_marked_in_the_queue(club: Path) -> None:
    only_draft("--post", "m2")
    assert run_here("review").out.rstrip().endswith("needs work")


def test_a_draft_is_shown(praise: str) -> None:
    assert run_here("review", praise).out.startswith(f"{praise}  proposed, reply [en], revision 1")


def test_approving_is_remembered_with_a_name(praise: str) -> None:
    assert run_here("review", praise, "--approve", "--by", "Maja").code == 0
    shown = run_here("review", praise, "--json").data
    assert shown["status"] == "approved"
    assert [(d["action"], d["by"]) for d in shown["decisions"]] == [("approve", "Maja")]


@pytest.mark.parametrize("action", [("--approve",), ("--reject", "too long"), ("--edit", "m1", "Hi"), ("--rewrite",)])
def test_no_decision_without_a_name(praise: str, action: tuple[str, ...]) -> None:
    refused(run_here("review", praise, *action), "Enter your name first")


@pytest.mark.parametrize(
    "action", [("--approve",), ("--reject", "no"), ("--edit", "m1", "Hi"), ("--rewrite",), ("--reopen",)]
)
def test_no_decision_without_a_draft(praise: str, action: tuple[str, ...]) -> None:
    refused(run_here("review", *action, "--by", "Maja"), "Say which draft", code=2)
    assert run_here("review", praise, "--json").data["decisions"] == []


def test_a_sentence_is_replaced_and_checked(praise: str) -> None:
    ran = run_here("review", praise, "--edit", "m1", "Dear Cara,", "--by", "Maja", "--json")
    assert ran.data["segments"][0]["text"] == "Dear Cara,"
    assert ran.data["segments"][0]["author"] == "person"
    assert ran.data["revision"] == 2


def test_an_edit_and_an_approval_go_in_one_command(praise: str) -> None:
    ran = run_here("review", praise, "--edit", "m1", "Dear Cara,", "--approve", "--by", "Maja", "--json")
    assert [d["action"] for d in ran.data["decisions"]] == ["edit", "approve"]


def test_an_unknown_sentence_is_refused(praise: str) -> None:
    refused(run_here("review", praise, "--edit", "m77", "Dear Cara,", "--by", "Maja"), "m77")


def test_what_blocks_is_not_approved(club: Path) -> None:
    id_ = only_draft("--post", "m2")["id"]
    refused(run_here("review", id_, "--approve", "--by", "Maja"), "Not yet: ")


def test_a_rejection_needs_a_reason(praise: str) -> None:
    refused(run_here("review", praise, "--reject", " ", "--by", "Maja"), "why")


def test_a_rejected_draft_is_reopened(praise: str) -> None:
    run_here("review", praise, "--reject", "too warm", "--by", "Maja")
    assert run_here("review", praise, "--reopen", "--by", "Maja", "--json").data["status"] == "proposed"


def test_an_approved_draft_is_not_edited(praise: str) -> None:
    run_here("review", praise, "--approve", "--by", "Maja")
    refused(run_here("review", praise, "--edit", "m1", "Hi", "--by", "Maja"), "reopen it first")


def test_a_rewrite_says_it_otherwise(praise: str) -> None:
    before = run_here("review", praise, "--json").data["text"]
    assert run_here("review", praise, "--rewrite", "--by", "Maja", "--json").data["text"] != before


def test_a_rewrite_can_offer_a_remedy(club: Path) -> None:
    id_ = only_draft("--post", "m1")["id"]
    ran = run_here("review", id_, "--rewrite", "--offer", "new-bag", "--by", "Maja", "--json")
    assert "A new bag is sent at our cost." in ran.data["text"]


def test_a_remedy_that_the_profile_lacks_is_refused(club: Path) -> None:
    id_ = only_draft("--post", "m1")["id"]
    refused(run_here("review", id_, "--rewrite", "--offer", "gold", "--by", "Maja"), "no remedy “gold”")


def test_an_offer_without_a_rewrite_is_refused(praise: str) -> None:
    refused(run_here("review", praise, "--offer", "new-bag", "--by", "Maja"), "goes with --rewrite", code=2)


def test_the_queue_is_filtered_by_status(praise: str) -> None:
    run_here("review", praise, "--approve", "--by", "Maja")
    assert [d["id"] for d in run_here("review", "--status", "approved", "--json").data] == [praise]
    assert run_here("review", "--status", "proposed", "--json").data == []


def test_an_unknown_status_is_refused(club: Path) -> None:
    refused(run_here("review", "--status", "done"), "proposed, approved or rejected", code=2)


def test_an_unknown_draft_is_refused(club: Path) -> None:
    refused(run_here("review", "d77"), "There is no draft “d77” in The Club.")


def test_an_apology_wants_its_facts_confirmed_and_a_reader(club: Path) -> None:
    id_ = only_draft("an apology")["id"]
    approve = ("review", id_, "--approve", "--by", "Maja")
    refused(run_here(*approve, "--read"), "fact sheet confirmed")
    assert run_here("review", "--confirm-sheet", "leaks", "--by", "Maja").out == (
        "The fact sheet of leaks is confirmed by Maja.\n"
    )
    refused(run_here(*approve), "never approved unread")
    assert run_here(*approve, "--read", "--json").data["status"] == "approved"


def test_a_confirmed_sheet_answers_with_json(club: Path) -> None:
    ran = run_here("review", "--confirm-sheet", "leaks", "--by", "Maja", "--json")
    assert (ran.data["incident"], ran.data["confirmed_by"]) == ("leaks", "Maja")


def test_a_sheet_and_a_draft_in_one_command_answer_with_one_json(praise: str) -> None:
    ran = run_here("review", praise, "--confirm-sheet", "leaks", "--by", "Maja", "--json")
    assert ran.data["id"] == praise


def test_a_sheet_without_facts_is_not_confirmed(club: Path) -> None:
    refused(run_here("review", "--confirm-sheet", "fire", "--by", "Maja"), "does not say yet what happened")


def test_deciding_needs_no_model(praise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHSIDE_LOCAL_MODEL", "nowhere.gguf")
    assert run_here("review", praise, "--approve", "--by", "Maja").code == 0
