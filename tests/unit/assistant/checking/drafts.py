"""Drafts to examine: a phrasebook's own, in any language, with planted sentences."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assistant.checking.subject import Detect, Subject
from assistant.community import Profile
from assistant.domain import Finding, Kind, Move, Plan, Segment
from assistant.writing.phrasebook import PhrasebookWriter
from knowledge.languages import Detection
from prompts.phrasebook import Form, phrasebook
from tests.making import evidence, move, plan, profile, segment
from tests.unit.assistant.planted import MEMBERS

Check = Callable[[Subject], Iterator[Finding]]

QUOTES = {language: words.praise.rstrip(".") for language, words in MEMBERS.items()}


def speaks(language: str) -> Detect:
    """A detector that takes everything for this language."""
    return lambda _text: Detection(language, 1.0)


def reply(language: str = "en", form: Form | None = None, *more: Move, **changes: Any) -> Plan:
    """A reply to praise, with all that it needs and nothing missing."""
    post = evidence("post:m1", MEMBERS[language].praise, author="Anna")
    moves = (
        move("m1", "greet", "named", slots={"name": "Anna"}, evidence=("post:m1",)),
        move("m2", "acknowledge", "praise", evidence=("post:m1",)),
        move("m3", "restate", "praise", slots={"quote": QUOTES[language]}, evidence=("post:m1",)),
        move("m4", "thank", "praise", evidence=("post:m1",)),
        *more,
    )
    values: dict[str, Any] = {
        "situation": "praise",
        "language": language,
        "form": form or phrasebook(language).forms[0],
        "evidence": (post,),
    }
    return plan(*moves, **{**values, **changes})


def by_phrasebook(of: Plan, attempt: int = 0, **planted: str) -> tuple[Segment, ...]:
    """The phrasebook's draft of a plan, with these texts planted by move id, as if a model had written them."""
    written = PhrasebookWriter().write(of, of.moves, attempt=attempt).segments
    for id_, text in planted.items():
        written[id_] = segment(text, id_, "model", written[id_].evidence if id_ in written else ())
    return tuple(written.values())


def examined(
    check: Check,
    of: Plan,
    segments: Sequence[Segment],
    *,
    detect: Detect | None = None,
    of_profile: Profile | None = None,
) -> list[Finding]:
    """What one check says."""
    subject = Subject(of, tuple(segments), of_profile or profile(), detect or speaks(of.language))
    return list(check(subject))


def one(text: str, *, name: str = "thank", author: Any = "model", **changes: Any) -> tuple[Plan, tuple[Segment, ...]]:
    """A plan of one move and its segment: fields of the move and of the plan, told apart by their names."""
    of_move = {key: changes.pop(key) for key in list(changes) if key in ("slots", "evidence", "situation")}
    of_plan = {"evidence": changes.pop("known"), **changes} if "known" in changes else changes
    each = move("m1", name, **{"situation": "praise", **of_move})
    return plan(each, **of_plan), (segment(text, "m1", author, each.evidence),)


def kinds(findings: Sequence[Finding]) -> list[tuple[str, str | None]]:
    """(severity, move) of each finding."""
    return [(finding.severity, finding.move) for finding in findings]


KINDS_OF_DRAFTS: tuple[Kind, ...] = ("reply", "apology", "poll", "challenge")
