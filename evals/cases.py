"""Evaluation cases: what the community said, what is asked for, and what must come of it."""

from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from assistant.domain import Kind
from assistant.errors import BadPlan
from knowledge.messages import Frozen, Visibility

Outcome = Literal["draft", "needs", "refused"]
"""A complete draft; one with a visible gap for a person to fill; or an honest refusal."""


class CasePost(Frozen):
    """A post made for a case."""

    id: str
    text: str
    author: str = "member"
    days_ago: int = 1
    reply_to: str | None = None
    rating: float | None = None
    visibility: Visibility = "public"


class Case(Frozen):
    """One case. `posts` are made for it, or ids of the sample community; `answer` names the one to reply to.

    `mentions` must all stand in the draft, `absent` must not, in any letter case.
    """

    id: str
    kind: Kind
    language: str
    posts: tuple[CasePost | str, ...] = ()
    answer: str | None = None
    situation: str | None = None
    topic: str = ""
    decision: str | None = None
    incident: str | None = None
    format: str | None = None
    outcome: Outcome = "draft"
    mentions: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    written_in: str | None = Field(default=None, description="the language expected, where it is not `language`")
    hostile: bool = False


def load_suite(name: str) -> list[Case]:
    """The cases of a shipped suite by name, or of a JSONL file by path. Raises BadPlan naming file and line."""
    path = Path(name) if name.endswith(".jsonl") else Path(str(files("evals") / "suites" / f"{name}.jsonl"))
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in Path(str(files("evals") / "suites")).glob("*.jsonl")))
        raise BadPlan(f"There is no suite “{name}”. Known: {known}; or give the path of a .jsonl file.")
    cases: dict[str, Case] = {}
    # Not splitlines: a text may hold characters that Unicode counts as line ends, and JSON does not.
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            case = Case.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the line"
            raise BadPlan(f"{path}, line {number}: {place}: {first['msg']}") from error
        if case.id in cases:
            raise BadPlan(f"{path}, line {number}: the id “{case.id}” stands there twice.")
        cases[case.id] = case
    return list(cases.values())
