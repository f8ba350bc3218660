"""Runs a suite over writers and prompt versions, and scores what comes of it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from zlib import crc32

import numpy as np
from pydantic import AwareDatetime, ValidationError

from assistant.bootstrap import House
from assistant.domain import Draft, Finding, Move, Plan
from assistant.errors import Misconfigured, NoAnswer, NotFound, Refused
from assistant.ports import Writer, Written
from assistant.usecases import compose_draft
from assistant.writing.model import ModelWriter
from evals import world
from evals.cases import Case, Outcome, load_suite
from evals.scorers import SCORERS, Sample
from knowledge.embedding import Embedder, Encoding, Vectors
from knowledge.history import Progress, Understanding, no_progress
from knowledge.languages import Detection
from knowledge.messages import Frozen


class CaseResult(Frozen):
    """What came of one case: the text or the refusal, and what each scorer says (None: nothing)."""

    case: str
    kind: str
    language: str
    outcome: Outcome
    text: str
    by_model: float
    scores: dict[str, float | None]
    explanations: dict[str, str]
    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0


class RunResult(Frozen):
    """One writer over the whole suite. `by_model` is the share of sentences that the model's own words survived in."""

    writer: str
    model: str | None = None
    prompt: str | None = None
    cases: tuple[CaseResult, ...]

    @property
    def means(self) -> dict[str, float]:
        """The mean of each scorer over the cases it had something to say about; without one it is left out."""
        means = {}
        for name in SCORERS:
            values = [value for case in self.cases if (value := case.scores.get(name)) is not None]
            if values:
                means[name] = round(sum(values) / len(values), 4)
        return means

    @property
    def by_model(self) -> float:
        return round(sum(case.by_model for case in self.cases) / max(1, len(self.cases)), 4)

    @property
    def seconds(self) -> float:
        return round(sum(case.seconds for case in self.cases), 2)


class Results(Frozen):
    suite: str
    at: AwareDatetime
    runs: tuple[RunResult, ...]


def run_suite(
    house: House,
    suite: str,
    writers: Sequence[str],
    *,
    limit: int | None = None,
    journal: Path | None = None,
    progress: Progress = no_progress,
) -> Results:
    """Run each writer (“phrasebook”, “model” or “model@VERSION”) over a suite.

    `journal` is a file to which each finished case is added at once; a case that stands there is not run again, so that
    hours with a slow model survive an interruption. Raises BadPlan for a bad suite, Misconfigured for a writer that is
    not there, NoAnswer for a model that is gone.
    """
    cases = load_suite(suite)[:limit]
    understanding = house.understanding._replace(embedder=RememberingEmbedder(house.embedder))
    chosen = {name: _writer(house, name) for name in dict.fromkeys(writers)}
    total, done = len(cases) * len(chosen), 0
    runs = []
    for name, writer in chosen.items():
        samples: list[tuple[Sample, float]] = []
        signature = f"{name} {writer.signature}" if isinstance(writer, ModelWriter) else name
        finished = _read_journal(journal, signature)
        for case in cases:
            entry = finished.get(case.id)
            if entry is None:
                entry = _run_case(understanding, signature, case, writer)
                _add_to_journal(journal, entry)
            samples.append((_sample(understanding, case, entry), entry.seconds))
            done += 1
            progress(done, total)
        runs.append(_scored(name, samples))
    return Results(suite=suite, at=datetime.now(UTC), runs=tuple(runs))


class RememberingEmbedder:
    """An embedder that embeds each text once: the cases share the sample's profile and many of its posts."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, tuple[Vectors, Vectors]] = {}

    @property
    def name(self) -> str:
        return self._embedder.name

    def encode(self, texts: Sequence[str]) -> Encoding:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            fresh = self._embedder.encode(new)
            self._known |= {text: (v, f) for text, v, f in zip(new, fresh.vectors, fresh.features, strict=True)}
        vectors, features = zip(*(self._known[text] for text in texts), strict=True)
        return Encoding(np.stack(vectors), np.stack(features))

    def encode_query(self, text: str) -> Vectors:
        return self._embedder.encode_query(text)


def _writer(house: House, name: str) -> Writer:
    kind, _, version = name.partition("@")
    if version and not version.isdigit():
        raise Misconfigured(f"“{name}” is no writer: write model@2 for version 2 of the prompt.")
    return house.writer(kind, world.sample_profile(), int(version) if version else None)


class Entry(Frozen):
    """One line of a journal: what a writer made of a case. `writer` also says which model and which prompt it was."""

    writer: str
    case: str
    draft: Draft | None
    refusal: str | None
    seconds: float


class _Watched:
    """A writer that remembers that its model did not answer: composing just goes on with the phrasebook."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.silence: NoAnswer | None = None

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        try:
            return self._writer.write(plan, moves, findings, attempt)
        except NoAnswer as error:
            self.silence = error
            raise


def _run_case(understanding: Understanding, signature: str, case: Case, writer: Writer) -> Entry:
    """Raises NoAnswer where a model does not answer: what the phrasebook wrote instead is not its work."""
    watched = _Watched(writer)
    desk = world.make_desk(case, understanding, watched)
    draft: Draft | None = None
    refusal: str | None = None
    started = perf_counter()
    try:
        draft = compose_draft(desk, case.id, world.make_plan(case, desk, seed=crc32(case.id.encode())))
    except (Refused, NotFound) as error:
        refusal = str(error)
    if watched.silence is not None:
        raise watched.silence
    return Entry(writer=signature, case=case.id, draft=draft, refusal=refusal, seconds=perf_counter() - started)


def _sample(understanding: Understanding, case: Case, entry: Entry) -> Sample:
    profile = world.sample_profile()

    def detect(text: str) -> Detection:
        return understanding.languages.detect(text, expected=(case.language, *profile.languages))

    return Sample(case, entry.draft, entry.refusal, profile, detect)


def _read_journal(journal: Path | None, writer: str) -> dict[str, Entry]:
    """What a writer has finished already. A last line that was cut off counts as not written."""
    if journal is None or not journal.is_file():
        return {}
    entries = []
    # Not splitlines: a text may hold characters that Unicode counts as line ends.
    for line in journal.read_text(encoding="utf-8").split("\n"):
        with suppress(ValidationError):
            entries.append(Entry.model_validate_json(line))
    return {entry.case: entry for entry in entries if entry.writer == writer}


def _add_to_journal(journal: Path | None, entry: Entry) -> None:
    if journal is not None:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("a", encoding="utf-8") as file:
            file.write(entry.model_dump_json() + "\n")


def _scored(writer: str, samples: Sequence[tuple[Sample, float]]) -> RunResult:
    drafts = [sample.draft for sample, _ in samples if sample.draft is not None]
    results = []
    for sample, seconds in samples:
        case = sample.case
        others = [
            draft
            for draft in drafts
            if draft.id != case.id and (draft.plan.kind, draft.plan.language) == (case.kind, case.language)
        ]
        scores = {name: scorer(sample._replace(others=others)) for name, scorer in SCORERS.items()}
        results.append(
            CaseResult(
                case=case.id,
                kind=case.kind,
                language=case.language,
                outcome=sample.outcome,
                text=sample.draft.text if sample.draft else sample.refusal or "",
                by_model=_by_model(sample.draft),
                scores={name: None if s.value is None else round(s.value, 4) for name, s in scores.items()},
                explanations={name: score.explanation for name, score in scores.items()},
                seconds=round(seconds, 4),
                tokens_in=sample.draft.provenance.tokens_in if sample.draft else 0,
                tokens_out=sample.draft.provenance.tokens_out if sample.draft else 0,
            )
        )
    made = [draft.provenance for draft in drafts if draft.provenance.prompt]
    return RunResult(
        writer=writer,
        model=made[0].model if made else None,
        prompt=made[0].prompt if made else None,
        cases=tuple(results),
    )


def _by_model(draft: Draft | None) -> float:
    if draft is None:
        return 0.0
    return sum(segment.author == "model" for segment in draft.segments) / len(draft.segments)
