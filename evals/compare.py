"""Holds results against a baseline: what has become worse."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from assistant.errors import BadPlan
from evals.run import Results, RunResult
from evals.scorers import PASS
from knowledge.messages import Frozen

TOLERANCE = 0.02
"""How much a mean may fall before it counts: wording and detection differ a little between machines."""


class BaselineRun(Frozen):
    """What is kept of a run: the means, and which scores each case passed."""

    means: dict[str, float]
    passed: dict[str, tuple[str, ...]]


class Regression(NamedTuple):
    writer: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.writer}: {self.what} was {self.before}, is {self.after}"


def baseline_path(suite: str) -> Path:
    """Where the baseline of a suite is stored."""
    return Path(str(files("evals") / "baselines" / f"{Path(suite).stem}.json"))


def compare(results: Results, baseline: Path) -> list[Regression]:
    """What is worse than in the baseline. A writer or a case that it does not know is not compared.

    Raises BadPlan where the baseline cannot be read.
    """
    if not baseline.is_file():
        return []
    try:
        stored = {name: BaselineRun.model_validate(run) for name, run in json.loads(baseline.read_bytes()).items()}
    except (ValueError, ValidationError, AttributeError) as error:
        raise BadPlan(f"{baseline}: not a baseline: {error}") from error
    return [r for run in results.runs if run.writer in stored for r in _regressions(run, stored[run.writer])]


def save_baseline(results: Results, path: Path) -> None:
    """Store these results as what later ones are held against. Writers that were not run keep theirs."""
    stored = json.loads(path.read_bytes()) if path.is_file() else {}
    stored |= {run.writer: BaselineRun(means=run.means, passed=_passed(run)).model_dump() for run in results.runs}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _regressions(run: RunResult, stored: BaselineRun) -> Iterator[Regression]:
    known = {case.case for case in run.cases} & stored.passed.keys()
    if len(known) == len(stored.passed):  # means over part of the suite say nothing about the whole
        for name, before in stored.means.items():
            after = run.means.get(name, 0.0)
            if after < before - TOLERANCE:
                yield Regression(run.writer, name, f"{before:.3f}", f"{after:.3f}")
    now = _passed(run)
    for case in sorted(known):
        for lost in sorted(set(stored.passed[case]) - set(now[case])):
            yield Regression(run.writer, f"{lost} of {case}", "passed", "failed")


def _passed(run: RunResult) -> dict[str, tuple[str, ...]]:
    return {
        case.case: tuple(sorted(name for name, value in case.scores.items() if value is not None and value >= PASS))
        for case in run.cases
    }
