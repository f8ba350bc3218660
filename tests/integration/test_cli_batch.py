"""`hearthside batch` and `eval`: many drafts, and their scores."""

import json
from pathlib import Path

import pytest

from tests.integration.running import count, refused, run_here

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "december.yaml"
    path.write_text("name: December\nweeks: [2026-W50]\ndrafts: [{kind: reply, count: 6, languages: [en]}]\n")
    return path


def test_batch_writes_drafts_and_two_files(club: Path, plan: Path) -> None:
    ran = run_here("batch", plan)
    assert ran.code == 0
    assert "December: 5 of 6 drafts" in ran.out
    assert "none for 01-006 reply en: " in ran.out
    rows = [json.loads(line) for line in plan.with_suffix(".jsonl").read_text().splitlines()]
    assert {row["subject"] for row in rows} == {f"post:m{n}" for n in range(1, 6)}
    assert all(row["planned_for"].startswith("2026-12-") for row in rows)
    assert plan.with_suffix(".csv").read_bytes().startswith(b"\xef\xbb\xbfid,kind,")


def test_batch_answers_with_json(club: Path, plan: Path) -> None:
    data = run_here("batch", plan, "--json").data
    assert (data["total"], data["drafted"], data["refused"]) == (6, 5, 1)
    assert data["files"] == [str(plan.with_suffix(".jsonl")), str(plan.with_suffix(".csv"))]


def test_a_batch_run_again_adds_nothing(club: Path, plan: Path) -> None:
    first = run_here("batch", plan, "--json").data
    written = plan.with_suffix(".jsonl").read_text()
    assert run_here("batch", plan, "--json").data == first
    assert plan.with_suffix(".jsonl").read_text() == written
    assert count(club, "drafts") == 5


def test_batch_files_go_where_a_person_wants(club: Path, plan: Path, tmp_path: Path) -> None:
    run_here("batch", plan, "--out", tmp_path / "for" / "maja")
    assert (tmp_path / "for" / "maja" / "december.jsonl").exists()


def test_a_file_where_the_folder_should_be_is_said(club: Path, plan: Path) -> None:
    refused(run_here("batch", plan, "--out", plan), "december.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: x\ndrafts: [{kind: poem, count: 1}]\n", "drafts.0.kind"),
        ("name: x\ndrafts: []\n", "drafts"),
        ("name: x\ndrafts: [{kind: poll, count: 501}]\n", "count"),
        ("name: x\ndrafts: [{kind: poll, count: 1, languages: [tlh]}]\n", "we do not write “tlh”"),
        ("name: x\nweeks: [December]\ndrafts: [{kind: poll, count: 1}]\n", "2026-W49"),
        ("name: [\n", "line 2"),
        ("", "valid"),
    ],
)
def test_a_bad_plan_is_refused_with_its_place(club: Path, plan: Path, text: str, problem: str) -> None:
    plan.write_text(text)
    refused(run_here("batch", plan), str(plan), problem)


def test_a_plan_that_does_not_exist_is_refused(club: Path) -> None:
    refused(run_here("batch", "nowhere.yaml"), "nowhere.yaml")


@pytest.mark.parametrize("workers", ["0", "33"])
def test_a_senseless_number_of_workers_is_refused(club: Path, plan: Path, workers: str) -> None:
    refused(run_here("batch", plan, "--workers", workers), "--workers", code=2)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    poll = {"id": "poll-en", "kind": "poll", "language": "en", "decision": "decaf-origin"}
    path.write_text(json.dumps(poll) + "\n" + json.dumps(poll | {"id": "poll-2"}) + "\n")
    return path


def test_eval_shows_a_table_and_writes_a_report(suite: Path, tmp_path: Path) -> None:
    ran = run_here("eval", "--suite", suite, "--out", tmp_path / "out", "--limit", "1")
    assert ran.code == 0
    assert "1 cases" in ran.out
    assert "phrasebook" in ran.out
    assert json.loads((tmp_path / "out" / "results.json").read_text())["runs"][0]["writer"] == "phrasebook"
    assert (tmp_path / "out" / "report.html").exists()


def test_eval_answers_with_json(suite: Path, tmp_path: Path) -> None:
    data = run_here("eval", "--suite", suite, "--out", tmp_path / "out", "--json").data
    assert [case["case"] for case in data["runs"][0]["cases"]] == ["poll-en", "poll-2"]
    assert data["regressions"] == []


def test_what_became_worse_fails_the_evaluation(suite: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    passed = {"poll-en": ["perfection"], "poll-2": []}
    baseline.write_text(json.dumps({"phrasebook": {"means": {"outcome": 2.0}, "passed": passed}}))
    ran = run_here("eval", "--suite", suite, "--out", tmp_path / "out", "--baseline", baseline)
    assert ran.code == 1
    assert "worse: phrasebook: outcome was 2.000, is 1.000" in ran.out
    assert "worse: phrasebook: perfection of poll-en was passed, is failed" in ran.out


def test_a_baseline_that_does_not_exist_is_refused(suite: Path, tmp_path: Path) -> None:
    ran = run_here("eval", "--suite", suite, "--out", tmp_path / "out", "--baseline", tmp_path / "nowhere.json")
    refused(ran, "nowhere.json", code=2)


def test_an_unknown_suite_is_refused() -> None:
    refused(run_here("eval", "--suite", "nope"), "There is no suite “nope”. Known: core")


@pytest.mark.parametrize("writer", ["poet", "model", "model@new"])
def test_a_writer_that_is_not_there_is_refused(suite: Path, writer: str) -> None:
    refused(run_here("eval", "--suite", suite, "--writer", writer))
