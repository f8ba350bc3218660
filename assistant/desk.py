"""One community's desk: the profile, the stores, the writers and the clock that its use cases work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from assistant import checking
from assistant.community import Profile, Sheet
from assistant.domain import Finding, Plan, Segment
from assistant.matching import Matcher
from assistant.ports import DeskStore, FactSheet, Writer
from assistant.writing.compose import Composition, compose
from assistant.writing.phrasebook import PhrasebookWriter
from knowledge.history import Understanding
from knowledge.languages import Detection
from knowledge.ports import MessageStore, VectorIndex

PHRASEBOOK = PhrasebookWriter()


@dataclass(frozen=True)
class Desk:
    """`clock` says what time it is: for a live community the present, for an archive the time of its newest message.
    `present` says when people decide, which for an archive is another time; without it, the clock does.

    `writer` is the one that people chose; the phrasebook covers for it.
    """

    profile: Profile
    messages: MessageStore
    index: VectorIndex
    store: DeskStore
    understanding: Understanding
    clock: Callable[[], datetime]
    writer: Writer = PHRASEBOOK
    present: Callable[[], datetime] | None = None

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher(self.profile, self.messages, self.index, self.understanding)

    @property
    def now(self) -> datetime:
        """The time at the community's place."""
        return self.clock().astimezone(ZoneInfo(self.profile.time_zone))

    @property
    def decided_at(self) -> datetime:
        """The time of a decision that is being taken, at the community's place."""
        return (self.present or self.clock)().astimezone(ZoneInfo(self.profile.time_zone))

    def check(self, plan: Plan, segments: Sequence[Segment]) -> tuple[Finding, ...]:
        """All checks on these segments of a plan."""

        def detect(text: str) -> Detection:
            return self.understanding.languages.detect(text, expected=(plan.language, *self.profile.languages))

        return checking.check(plan, segments, self.profile, detect)

    def compose(self, plan: Plan, attempt: int = 0) -> Composition:
        """Have the chosen writer write a plan; the phrasebook covers what it cannot."""
        return compose(plan, self.writer, PHRASEBOOK, self.check, attempt)

    def sheet(self, incident: str) -> FactSheet:
        """The fact sheet of an incident as it stands: edited on the desk, or from the profile, or empty."""
        stored = self.store.sheet(self.profile.id, incident)
        if stored is not None:
            return stored
        known = {known.id: known.sheet for known in self.profile.incidents}
        return FactSheet(incident=incident, sheet=known.get(incident, Sheet()))
