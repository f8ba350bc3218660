"""Running a suite: with the phrasebook, with a scripted model, and over what is hostile and thin."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from assistant.adapters.scripted import ScriptedChat
from assistant.bootstrap import House
from assistant.errors import BadPlan, Misconfigured, NoAnswer
from assistant.settings import read_settings
from evals import run
from evals.cases import load_suite
from evals.run import CaseResult, RunResult
from evals.scorers import PASS, SCORERS
from knowledge.adapters.memory import WordEmbedder
from knowledge.embedding import Encoding, Vectors
from knowledge.history import Understanding
from tests import making

LEAK: dict[str, Any] = {
    "id": "leak",
    "kind": "reply",
    "language": "en",
    "situation": "criticism",
    "posts": [{"id": "p", "author": "kim", "text": "The bag leaks at the seam and it was late."}],
    "answer": "p",
}
DECISION = {"id": "decision", "kind": "poll", "language": "sv", "decision": "bag-size"}
SILENT = {"id": "silent", "kind": "challenge", "language": "en", "topic": "garden", "outcome": "refused"}
HARD = ("injection-en", "injection-ar", "script-en", "personal-data-sv", "private-only", "one-wish", "wordless")
LOST = {**LEAK, "id": "lost", "answer": "gone", "outcome": "refused"}


@pytest.fixture
def house() -> Iterator[House]:
    """A house whose understanding is quick and told by words."""
    with House(read_settings()) as made:
        made.understanding = making.understanding()
        made.embedder = cast(Any, made.understanding.embedder)
        yield made


def suite(folder: Path, *cases: dict[str, Any]) -> str:
    path = folder / "mine.jsonl"
    path.write_text("\n".join(json.dumps(case) for case in cases), encoding="utf-8")
    return str(path)


def by_id(result: RunResult) -> dict[str, CaseResult]:
    return {case.case: case for case in result.cases}


def answered(model: ScriptedChat) -> list[str]:
    """The ids of the moves that the model was asked for, exchange by exchange."""
    return [",".join(cast(dict[str, Any], schema["properties"])) for schema in model.schemas]


def test_the_phrasebook_drafts_and_refuses_as_it_should(house: House, tmp_path: Path) -> None:
    results = run.run_suite(house, suite(tmp_path, LEAK, DECISION, SILENT, LOST), ["phrasebook"])
    (only,) = results.runs
    assert [(case.case, case.outcome) for case in only.cases] == [
        ("leak", "draft"),
        ("decision", "draft"),
        ("silent", "refused"),
        ("lost", "refused"),
    ]
    assert only.means["outcome"] == 1.0
    assert (only.writer, only.model, only.prompt, only.by_model) == ("phrasebook", None, None, 0.0)


def test_a_draft_comes_with_its_text_and_a_refusal_with_its_reason(house: House, tmp_path: Path) -> None:
    results = run.run_suite(house, suite(tmp_path, LEAK, SILENT), ["phrasebook"])
    cases = by_id(results.runs[0])
    assert "kim" in cases["leak"].text
    assert "Nobody wrote about “garden”" in cases["silent"].text


def test_scores_without_anything_to_say_are_left_out_of_the_mean(house: House, tmp_path: Path) -> None:
    results = run.run_suite(house, suite(tmp_path, LEAK, SILENT), ["phrasebook"])
    cases = by_id(results.runs[0])
    assert cases["silent"].scores["grounding"] is None
    assert results.runs[0].means["grounding"] == cases["leak"].scores["grounding"]


def test_a_scorer_that_had_nothing_to_say_at_all_has_no_mean(house: House, tmp_path: Path) -> None:
    results = run.run_suite(house, suite(tmp_path, SILENT), ["phrasebook"])
    assert results.runs[0].means == {"outcome": 1.0}


def test_every_scorer_speaks_and_explains_itself_for_every_case(house: House, tmp_path: Path) -> None:
    results = run.run_suite(house, suite(tmp_path, LEAK, SILENT), ["phrasebook"])
    for case in results.runs[0].cases:
        assert list(case.scores) == list(case.explanations) == list(SCORERS)


def test_the_same_run_says_the_same(house: House, tmp_path: Path) -> None:
    name = suite(tmp_path, LEAK, DECISION)
    once, again = (run.run_suite(house, name, ["phrasebook"]).runs[0] for _ in range(2))
    assert [case.text for case in once.cases] == [case.text for case in again.cases]


def test_two_cases_alike_cost_each_other_variety_and_another_kind_does_not(house: House, tmp_path: Path) -> None:
    alone = run.run_suite(house, suite(tmp_path, LEAK, DECISION), ["phrasebook"])
    beside = run.run_suite(house, suite(tmp_path, LEAK, {**LEAK, "id": "leak-2"}), ["phrasebook"])
    assert by_id(alone.runs[0])["leak"].scores["variety"] == 1.0
    assert (by_id(beside.runs[0])["leak"].scores["variety"] or 0.0) < 1.0


def test_a_limit_takes_the_first_cases_only(house: House, tmp_path: Path) -> None:
    results = run.run_suite(house, suite(tmp_path, LEAK, DECISION, SILENT), ["phrasebook"], limit=2)
    assert list(by_id(results.runs[0])) == ["leak", "decision"]


def test_progress_counts_the_cases_of_all_writers(house: House, tmp_path: Path) -> None:
    house.chat = ScriptedChat("Let me think.")
    seen: list[tuple[int, int | None]] = []
    run.run_suite(
        house,
        suite(tmp_path, DECISION, SILENT),
        ["phrasebook", "model", "phrasebook"],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_model_that_answers_well_has_its_words_counted(house: House, tmp_path: Path) -> None:
    said = {"m2": "We hear how annoying that seam is.", "m4": "That is a poor start to a morning."}
    house.chat = model = ScriptedChat(*[json.dumps(said)] * 3, name="tiny")
    results = run.run_suite(house, suite(tmp_path, LEAK), ["model"])
    (case,) = results.runs[0].cases
    assert all(text in case.text for text in said.values())
    assert 0.0 < case.by_model < 1.0
    assert results.runs[0].by_model == pytest.approx(case.by_model, abs=1e-4)
    assert (results.runs[0].model, results.runs[0].prompt) == ("tiny", "write@2")
    assert case.tokens_out > 0
    assert model.asked


def test_what_a_model_must_not_say_is_not_in_the_draft_that_is_scored(house: House, tmp_path: Path) -> None:
    planted = json.dumps({"m2": "Delete your post, you idiot."})
    house.chat = ScriptedChat(*[planted] * 3)
    results = run.run_suite(house, suite(tmp_path, {**LEAK, "absent": ["idiot"]}), ["model"])
    (case,) = results.runs[0].cases
    assert case.scores["safety"] == 1.0
    assert case.by_model == 0.0


def test_a_model_that_says_nothing_usable_leaves_the_case_to_the_phrasebook(house: House, tmp_path: Path) -> None:
    house.chat = ScriptedChat("Let me think.")
    results = run.run_suite(house, suite(tmp_path, LEAK), ["phrasebook", "model"])
    phrasebook, model = results.runs
    assert model.cases[0].text == phrasebook.cases[0].text
    assert (model.by_model, model.prompt) == (0.0, None)


def test_a_model_that_is_gone_stops_the_run_and_its_case_is_run_again(house: House, tmp_path: Path) -> None:
    name, journal = suite(tmp_path, LEAK, {**LEAK, "id": "leak-2"}), tmp_path / "journal.jsonl"
    said = [json.dumps({"m2": "We hear how annoying that seam is."})] * 2
    house.chat = ScriptedChat(*said)
    with pytest.raises(NoAnswer, match="nothing more to say"):
        run.run_suite(house, name, ["model"], journal=journal)
    house.chat = again = ScriptedChat(*said)
    (result,) = run.run_suite(house, name, ["model"], journal=journal).runs
    assert [case.by_model > 0 for case in result.cases] == [True, True]
    assert len(again.asked) == 2


def test_what_another_model_or_prompt_finished_is_not_taken_over(house: House, tmp_path: Path) -> None:
    name, journal = suite(tmp_path, LEAK), tmp_path / "journal.jsonl"
    for model, version, again in (("tiny", 2, True), ("tiny", 2, False), ("big", 2, True), ("big", 1, True)):
        house.settings = house.settings.model_copy(update={"prompt_version": version})
        house.chat = chat = ScriptedChat(*[json.dumps({"m2": "We hear you."})] * 2, name=model)
        run.run_suite(house, name, ["model"], journal=journal)
        assert bool(chat.asked) == again


@pytest.mark.parametrize("version", [1, 2])
def test_a_writer_may_name_the_version_of_the_prompt(house: House, tmp_path: Path, version: int) -> None:
    house.chat = model = ScriptedChat(*[json.dumps({"m2": "We hear you."})] * 3)
    results = run.run_suite(house, suite(tmp_path, LEAK), [f"model@{version}"])
    assert results.runs[0].prompt == f"write@{version}"
    assert ("model sentence" in model.asked[0][1].text) == (version == 2)


def test_a_model_is_asked_for_no_move_that_lacks_a_fact(house: House, tmp_path: Path) -> None:
    house.chat = model = ScriptedChat("Let me think.")
    run.run_suite(house, suite(tmp_path, {**LEAK, "situation": "question", "outcome": "needs"}), ["model"])
    assert answered(model) == ["m1,m2,m3,m5,m6"]


@pytest.mark.parametrize(
    ("writer", "said"),
    [
        ("poet", "no writer “poet”"),
        ("model@two", "write model@2"),
        ("model@99", "no prompt write@99"),
        ("model", "No model is set"),
    ],
)
def test_a_writer_that_is_not_there_is_refused_before_any_case(
    house: House, tmp_path: Path, writer: str, said: str
) -> None:
    with pytest.raises(Misconfigured, match=said):
        run.run_suite(house, suite(tmp_path, LEAK), [writer], progress=lambda *_: pytest.fail("a case was run"))


def test_a_case_with_a_post_that_is_nowhere_stops_the_run(house: House, tmp_path: Path) -> None:
    with pytest.raises(BadPlan, match="no post “m99999”"):
        run.run_suite(house, suite(tmp_path, {**LEAK, "posts": ["m99999"]}), ["phrasebook"])


class CountingEmbedder(WordEmbedder):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Any) -> Encoding:
        self.texts += texts
        return super().encode(texts)


def test_a_text_is_embedded_once_and_always_the_same() -> None:
    counting = CountingEmbedder()
    remembering = run.RememberingEmbedder(counting)
    first = remembering.encode(["a bag", "a cup", "a bag"])
    second = remembering.encode(["a cup", "a mill"])
    assert counting.texts == ["a bag", "a cup", "a mill"]
    assert np.array_equal(first.vectors[0], first.vectors[2])
    assert np.array_equal(first.features[1], second.features[0])
    assert remembering.name == counting.name


def test_a_question_is_embedded_as_one() -> None:
    vector: Vectors = run.RememberingEmbedder(WordEmbedder()).encode_query("a bag")
    assert np.array_equal(vector, WordEmbedder().encode_query("a bag"))


def test_hostile_and_thin_cases_end_safely_with_the_real_understanding(
    house: House, understanding: Understanding, tmp_path: Path
) -> None:
    house.understanding, house.embedder = understanding, cast(Any, understanding.embedder)
    hard = [case for case in load_suite("core") if case.id in HARD]
    path = tmp_path / "hard.jsonl"
    path.write_text("\n".join(case.model_dump_json() for case in hard), encoding="utf-8")
    (result,) = run.run_suite(house, str(path), ["phrasebook"]).runs
    failed = {
        (case.case, name): case.explanations[name]
        for case in result.cases
        for name in ("outcome", "checks", "safety", "grounding", "language")
        if (value := case.scores[name]) is not None and value < PASS
    }
    assert failed == {}
    assert len(result.cases) == len(HARD)
