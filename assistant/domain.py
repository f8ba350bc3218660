"""The words of the house: opportunities, briefs, moves, plans, segments, drafts, findings, decisions.

A *move* is what one sentence (or one option, one step) is there to do. A plan is an ordered list of moves, each with
its evidence and the facts it may use; a draft is one segment of text per move.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, Self, get_args

import regex
from pydantic import AwareDatetime, Field

from knowledge.messages import Frozen, Visibility
from prompts.phrasebook import Form

Kind = Literal["reply", "apology", "poll", "challenge"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Situation = Literal["criticism", "praise", "question", "wish", "grief"]
Author = Literal["phrasebook", "model", "person"]
Status = Literal["proposed", "approved", "rejected"]
Severity = Literal["block", "warn"]
Action = Literal["edit", "approve", "reject", "rewrite", "reopen"]

LITERAL = "literal"
"""The situation of a move whose text is given word for word: a poll's own question, its options."""


class MoveRule(NamedTuple):
    """One entry of a kind's vocabulary. `paragraph` groups moves that are laid out together."""

    name: str
    paragraph: int
    required: bool = True
    minimum: int = 1


VOCABULARY: Mapping[Kind, tuple[MoveRule, ...]] = {
    "reply": (
        MoveRule("greet", 0),
        MoveRule("acknowledge", 1),
        MoveRule("restate", 1),
        MoveRule("feel", 1, required=False),
        MoveRule("own", 1, required=False),
        MoveRule("explain", 2, required=False),
        MoveRule("repair", 2, required=False),
        # Criticism and questions need a way on; praise does not: the planner asks for it where it is due.
        MoveRule("next_step", 2, required=False),
        MoveRule("question", 3, required=False),
        MoveRule("thank", 3, required=False),
    ),
    # The elements of an effective apology: Lewicki, Polin and Lount 2016, https://doi.org/10.1111/ncmr.12073
    # Acknowledging responsibility and offering repair weigh most; asking for forgiveness least.
    "apology": (
        MoveRule("regret", 0),
        MoveRule("explain", 1),
        MoveRule("own", 1),
        MoveRule("repent", 2),
        MoveRule("repair", 2),
        MoveRule("forgive", 3, required=False),
        MoveRule("contact", 3),
    ),
    "poll": (
        MoveRule("hook", 0),
        MoveRule("question", 1),
        MoveRule("option", 2, minimum=2),
        MoveRule("how_used", 3),
        MoveRule("closes", 3),
    ),
    "challenge": (
        MoveRule("title", 0),
        MoveRule("why", 1),
        MoveRule("task", 1),
        MoveRule("step", 2, minimum=1),
        MoveRule("join", 3),
        MoveRule("deadline", 3),
        MoveRule("recognition", 3),
        MoveRule("inclusion", 4),
        MoveRule("safety", 4, required=False),
    ),
}
"""The moves of each kind, in the order in which they are said."""

_LISTED = {"option": "– {}", "step": "{n}. {}"}


class Evidence(Frozen):
    """Something a sentence may rest on. `id` says what it is: `post:…`, `document:…`, `profile:…`, `sheet:…`, `brief`.

    `suspicious` marks a text that reads like an order to the assistant.
    """

    id: str
    text: str
    author: str | None = None
    at: AwareDatetime | None = None
    channel: str | None = None
    visibility: Visibility = "public"
    language: str | None = None
    suspicious: bool = False


class Move(Frozen):
    """What one segment is there to do. `slots` are the facts it may use; a fact nobody gave is None."""

    id: str
    name: str
    situation: str
    slots: dict[str, str | None] = Field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that nobody gave."""
        return tuple(name for name, value in self.slots.items() if not value)


class Plan(Frozen):
    """What to say, and on what grounds, before a word is chosen.

    `audience` tells who will read it: evidence from private channels never feeds a public text. `notes` tell the
    reviewer what shaped the plan. `seed` makes the phrasebook's choices repeatable.
    """

    community: str
    kind: Kind
    situation: str
    language: str
    form: Form
    subject: str
    title: str
    moves: tuple[Move, ...]
    evidence: tuple[Evidence, ...]
    audience: Visibility = "public"
    incident: str | None = None
    remedy: str | None = None
    notes: tuple[str, ...] = ()
    seed: int = 0

    def move(self, id_: str) -> Move:
        """Raises KeyError for an id that the plan does not have."""
        for move in self.moves:
            if move.id == id_:
                return move
        raise KeyError(id_)

    @property
    def personal(self) -> bool:
        """Whether a person must make this text their own: an apology, or an answer to grief."""
        return self.kind == "apology" or self.situation == "grief"

    @property
    def evidence_by_id(self) -> dict[str, Evidence]:
        return {evidence.id: evidence for evidence in self.evidence}


class Segment(Frozen):
    """The text of one move, who wrote it, and the evidence it rests on."""

    move: str
    text: str
    author: Author
    evidence: tuple[str, ...] = ()


class Finding(Frozen):
    """What a check has to say. `move` names the segment it concerns, or None for the whole draft."""

    check: str
    severity: Severity
    message: str
    move: str | None = None


MISSING_FACT = "missing_fact"
"""The check that finds `[NEEDS …]`. Only a person can mend that; writing again does not."""
NEEDS = regex.compile(r"\[NEEDS [^\[\]]+\]")


class Provenance(Frozen):
    """Who wrote a draft and from what. Tokens count the evidence sent to a model and its answer; cost is in dollars."""

    writer: str
    prompt: str | None = None
    prompt_hash: str | None = None
    model: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    seconds: float = 0.0


class Draft(Frozen):
    """A text on the desk. `revision` grows by one with every change, so that two people cannot overwrite each other."""

    id: str
    plan: Plan
    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...]
    provenance: Provenance
    status: Status = "proposed"
    revision: int = 1
    created: AwareDatetime
    updated: AwareDatetime
    due: AwareDatetime | None = None
    planned_for: date | None = None
    batch: str | None = None

    @property
    def text(self) -> str:
        """The whole text as it would be posted."""
        return lay_out(self.plan, self.segments)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "block")

    def segment(self, move: str) -> Segment:
        """Raises KeyError where the draft has no such segment."""
        for segment in self.segments:
            if segment.move == move:
                return segment
        raise KeyError(move)

    def changed(self, now: datetime, **changes: object) -> Self:
        """A copy with these changes, one revision later."""
        return self.model_copy(update={**changes, "revision": self.revision + 1, "updated": now})


class Change(Frozen):
    """One segment before and after; `*` stands for the whole text."""

    move: str
    before: str
    after: str


class Decision(Frozen):
    """What a person decided about a draft, when, and what they changed."""

    draft: str
    revision: int
    action: Action
    by: str
    at: AwareDatetime
    reason: str | None = None
    changes: tuple[Change, ...] = ()


class Opportunity(Frozen):
    """Something in the community that deserves an answer or an idea: what, why, the posts behind it, and by when."""

    id: str
    detector: str
    kind: Kind
    situation: str
    title: str
    why: str
    language: str
    posts: tuple[str, ...] = ()
    at: AwareDatetime
    due: AwareDatetime | None = None
    weight: float = 1.0
    topic: str | None = None
    incident: str | None = None
    decision: str | None = None

    @property
    def urgency(self) -> tuple[bool, datetime, float, str]:
        """Sorts the most urgent first: by when it is due, then by its weight."""
        return self.due is None, self.due or self.at, -self.weight, self.id

    @property
    def subject(self) -> str:
        """What a draft about it has as its subject: one matter is taken up once in each language."""
        if self.kind == "reply":
            return f"post:{self.posts[0]}"
        if self.kind == "apology":
            return f"incident:{self.incident or self.id}"
        return f"decision:{self.decision}" if self.decision else f"topic:{self.topic}"


class Brief(Frozen):
    """What a person asks for: a kind, a language, a topic.

    `post` names the post to answer and `situation` what it calls for, `decision` and `incident` one of the profile,
    `format` a challenge's; without them the topic finds what fits.
    """

    kind: Kind
    language: str
    topic: str = ""
    post: str | None = None
    situation: str | None = None
    decision: str | None = None
    incident: str | None = None
    format: str | None = None


def lay_out(plan: Plan, segments: Sequence[Segment]) -> str:
    """Join segments into the text as it is posted: paragraphs by the vocabulary, options and steps as lists."""
    texts = {segment.move: segment.text for segment in segments}
    paragraphs: dict[int, list[str]] = {}
    counts: dict[str, int] = {}
    rules = {rule.name: rule for rule in VOCABULARY[plan.kind]}
    for move in plan.moves:
        text = texts.get(move.id, "").strip()
        if text:
            counts[move.name] = counts.get(move.name, 0) + 1
            listed = _LISTED.get(move.name)
            line = listed.format(text, n=counts[move.name]) if listed else text
            paragraphs.setdefault(rules[move.name].paragraph, []).append(line)
    separators = {rules[name].paragraph: "\n" for name in _LISTED if name in rules}
    return "\n\n".join(separators.get(p, " ").join(paragraphs[p]) for p in sorted(paragraphs))
