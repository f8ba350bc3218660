"""What the use cases of the desk need from the outside, as protocols. Adapters and fakes implement them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from assistant.community import Sheet
from assistant.domain import Decision, Draft, Finding, Kind, Move, Opportunity, Plan, Provenance, Segment, Status
from assistant.forgotten import Trace
from knowledge.messages import Frozen

Remembered = Opportunity | Plan | Draft | Decision | str
"""What a desk store keeps of posts; a string is why a slot of a batch has no draft."""


class Written(NamedTuple):
    """What a writer made of a plan: segments by move id (possibly fewer than asked for), and how."""

    segments: dict[str, Segment]
    provenance: Provenance


class Writer(Protocol):
    """Puts moves into words."""

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        """Write these moves of a plan. `findings` say what was wrong with the attempt before this one.

        Raises ModelFailed where nothing usable came back.
        """
        ...


class ChatMessage(NamedTuple):
    role: Literal["system", "user"]
    text: str


class ChatAnswer(NamedTuple):
    """What a chat model said, and the tokens it counted."""

    text: str
    tokens_in: int
    tokens_out: int


class ChatModel(Protocol):
    """A chat model behind an OpenAI-compatible endpoint."""

    @property
    def name(self) -> str: ...

    @property
    def remote(self) -> bool:
        """Whether texts leave this machine: then personal data must be masked."""
        ...

    def complete(self, messages: Sequence[ChatMessage], schema: Mapping[str, object]) -> ChatAnswer:
        """Answer with JSON of this schema where the endpoint can be held to it. Raises NoAnswer."""
        ...


class FactSheet(Frozen):
    """An incident's facts as they stand on the desk. `confirmed_by` is the person who vouches for them."""

    incident: str
    sheet: Sheet
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None


class QueueFilter(NamedTuple):
    """Which drafts are listed. None means any."""

    status: Status | None = None
    kind: Kind | None = None
    language: str | None = None
    batch: str | None = None


class BatchState(NamedTuple):
    """How far a batch is. `failures` say, slot by slot, why there is no draft."""

    id: str
    name: str
    total: int
    drafted: int
    refused: int
    failures: tuple[tuple[str, str], ...]

    @property
    def open(self) -> int:
        return self.total - self.drafted - self.refused


class DeskStore(Protocol):
    """Opportunities, drafts, decisions, fact sheets, batches and evaluation runs: what the desk remembers."""

    def save_opportunities(self, community: str, opportunities: Sequence[Opportunity]) -> None: ...

    def opportunities(self, community: str) -> list[Opportunity]:
        """Those noticed last, most urgent first."""
        ...

    def add_draft(self, draft: Draft) -> None:
        """Store a new draft; one with the same id stays as it is."""
        ...

    def draft(self, id_: str) -> Draft | None: ...

    def drafts(
        self,
        community: str,
        wanted: QueueFilter = QueueFilter(),
        limit: int = 100,
    ) -> list[Draft]:
        """The queue: proposed drafts first, by due date, then the newest."""
        ...

    def count_drafts(self, community: str) -> dict[Status, int]: ...

    def subjects(self, community: str) -> dict[tuple[str, str], Status]:
        """(subject, language) of each draft -> its latest status: what has been taken up already."""
        ...

    def remedies_offered(self, community: str, subjects: Sequence[str], remedy: str, since: datetime) -> int:
        """How often approved drafts about these subjects (a member's posts) offered this remedy."""
        ...

    def decide(self, draft: Draft, decision: Decision) -> None:
        """Store a changed draft with the decision that changed it, in one transaction.

        Raises Conflict if the stored draft is not the revision before.
        """
        ...

    def decisions(self, draft: str) -> list[Decision]: ...

    def sheet(self, community: str, incident: str) -> FactSheet | None: ...

    def save_sheet(self, community: str, sheet: FactSheet) -> None: ...

    def start_batch(
        self, id_: str, community: str, name: str, slots: Sequence[tuple[str, Plan | None, str | None]]
    ) -> None:
        """Store the slots of a batch: key, plan, or why there is none. Slots that exist stay as they are, unless they
        failed. The batch is now the newest.
        """
        ...

    def open_slots(self, batch: str) -> list[tuple[str, Plan]]: ...

    def finish_slot(self, batch: str, slot: str, draft: Draft | None, failure: str | None = None) -> None:
        """Store a slot's draft, or why there is none, in one transaction."""
        ...

    def batch(self, id_: str) -> BatchState | None: ...

    def batches(self, community: str) -> list[BatchState]:
        """Those of a community, the one started last at the end."""
        ...

    def sheets(self, community: str) -> list[FactSheet]:
        """The fact sheets that were filled in or confirmed on the desk."""
        ...

    def erase(self, community: str, concerned: Callable[[Remembered], bool], *, dry_run: bool = False) -> int:
        """Delete the opportunities, drafts (with all their decisions) and slots of batches that are concerned, in one
        transaction. Returns how many; with `dry_run`, how many it would be.
        """
        ...


class Eraser(Protocol):
    """One place that may hold traces of a member. Erasing again finds nothing more and is no error."""

    @property
    def name(self) -> str: ...

    def find(self, trace: Trace) -> int:
        """How many things there would go."""
        ...

    def erase(self, trace: Trace) -> None: ...

    def leaves(self, trace: Trace) -> Sequence[str]:
        """What it cannot or must not erase, and where that is: sentences for a person, without a member's name."""
        ...
