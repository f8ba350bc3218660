"""What counts as worse than the baseline, and what cannot be compared."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.errors import BadPlan
from evals import compare
from evals.compare import TOLERANCE, baseline_path, save_baseline
from evals.run import CaseResult, Results, RunResult
from evals.scorers import SCORERS

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


def case(id_: str, **scores: float | None) -> CaseResult:
    return CaseResult(
        case=id_,
        kind="reply",
        language="en",
        outcome="draft",
        text="Hello",
        by_model=0.0,
        scores={**dict.fromkeys(SCORERS, 1.0), **scores},
        explanations=dict.fromkeys(SCORERS, "fine"),
        seconds=0.1,
    )


def results(*cases: CaseResult, writer: str = "phrasebook") -> Results:
    return Results(suite="core", at=AT, runs=(RunResult(writer=writer, cases=cases),))


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """Two cases, all of whose scores were full."""
    path = tmp_path / "deep" / "core.json"
    save_baseline(results(case("a"), case("b")), path)
    return path


def found(now: Results, baseline: Path) -> list[str]:
    return [str(regression) for regression in compare.compare(now, baseline)]


def test_the_same_results_are_no_worse(baseline: Path) -> None:
    assert found(results(case("a"), case("b")), baseline) == []


def test_a_lost_pass_is_named_with_its_case_and_its_mean(baseline: Path) -> None:
    assert found(results(case("a", safety=0.0), case("b")), baseline) == [
        "phrasebook: safety was 1.000, is 0.500",
        "phrasebook: safety of a was passed, is failed",
    ]


def test_a_mean_may_fall_by_the_tolerance_and_no_further(baseline: Path) -> None:
    kept, lost = 1 - 2 * TOLERANCE, 1 - 2 * TOLERANCE - 0.002
    assert found(results(case("a", variety=kept), case("b")), baseline) == []
    assert found(results(case("a", variety=lost), case("b")), baseline) == [
        f"phrasebook: variety was 1.000, is {(1 + lost) / 2:.3f}"
    ]


def test_what_has_become_better_is_no_regression(tmp_path: Path) -> None:
    path = tmp_path / "core.json"
    save_baseline(results(case("a", checks=0.0)), path)
    assert found(results(case("a")), path) == []


def test_a_scorer_that_fell_silent_lost_what_it_said(baseline: Path) -> None:
    silent = results(case("a", grounding=None), case("b", grounding=None))
    assert found(silent, baseline) == [
        "phrasebook: grounding was 1.000, is 0.000",
        "phrasebook: grounding of a was passed, is failed",
        "phrasebook: grounding of b was passed, is failed",
    ]


def test_part_of_a_suite_is_compared_case_by_case_and_not_by_its_means(baseline: Path) -> None:
    assert found(results(case("a", variety=0.76)), baseline) == []
    assert found(results(case("a", variety=0.74)), baseline) == ["phrasebook: variety of a was passed, is failed"]


def test_a_case_that_the_baseline_does_not_know_is_not_compared(baseline: Path) -> None:
    assert found(results(case("a"), case("b"), case("new")), baseline) == []


def test_a_writer_that_the_baseline_does_not_know_is_not_compared(baseline: Path) -> None:
    assert found(results(case("a", safety=0.0), writer="model@2"), baseline) == []


def test_without_a_baseline_nothing_is_worse(tmp_path: Path) -> None:
    assert found(results(case("a", safety=0.0)), tmp_path / "none.json") == []


def test_writers_that_were_not_run_keep_their_baseline(baseline: Path) -> None:
    save_baseline(results(case("a"), writer="model@2"), baseline)
    assert set(json.loads(baseline.read_bytes())) == {"phrasebook", "model@2"}
    assert found(results(case("a", safety=0.0), case("b")), baseline) != []


def test_a_writer_that_was_run_again_gets_a_new_baseline(baseline: Path) -> None:
    worse = results(case("a", safety=0.0), case("b"))
    save_baseline(worse, baseline)
    assert found(worse, baseline) == []


def test_a_baseline_is_the_same_file_for_the_same_results(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for path in (one, other):
        save_baseline(results(case("b"), case("a")), path)
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("text", ["{broken", "[1, 2]", '{"phrasebook": {"means": {}}}', '{"phrasebook": 3}', "\xff"])
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "core.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadPlan, match=r"core\.json: not a baseline"):
        compare.compare(results(case("a")), path)


def test_the_baseline_of_a_suite_lies_with_the_package() -> None:
    assert baseline_path("core").parts[-3:] == ("evals", "baselines", "core.json")
