"""What a check looks at, and the views on it that several checks share."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import regex

from assistant.community import Profile
from assistant.domain import NEEDS, Finding, Move, Plan, Segment, Severity
from knowledge.languages import Detection
from prompts.lexicon import Lexicon, lexicon
from prompts.phrasebook import Phrasebook, phrasebook

Detect = Callable[[str], Detection]

QUOTE = "quote"
"""The slot that holds a member's words. They are no fact of ours."""
MEMBERS_WORDS = frozenset({QUOTE, "name", "topic"})
"""All slots that members fill."""

_GAP = " \u2026 "
"""Stands where facts were cut out, so that the words around them do not run together into new ones."""


class _Subject(NamedTuple):
    plan: Plan
    segments: tuple[Segment, ...]
    profile: Profile
    detect: Detect


class Subject(_Subject):
    """A draft under examination."""

    @cached_property
    def lexicon(self) -> Lexicon:
        return lexicon(self.plan.language)

    @cached_property
    def phrasebook(self) -> Phrasebook:
        return phrasebook(self.plan.language)

    @cached_property
    def pairs(self) -> tuple[tuple[Move, Segment], ...]:
        """Each segment with its move, in the order of the plan."""
        by_move = {segment.move: segment for segment in self.segments}
        return tuple((move, by_move[move.id]) for move in self.plan.moves if move.id in by_move)

    def own_words(self, move: Move, segment: Segment) -> str:
        """The segment without what it took over: its facts, quotations and `[NEEDS …]`.

        A member's words are taken over only between quotation marks; outside of them the draft says them itself.
        """
        text = segment.text
        facts = (value for name, value in move.slots.items() if value and name != QUOTE)
        for value in sorted(facts, key=len, reverse=True):
            for wording in wordings(value):
                text = text.replace(wording, _GAP)
        text = NEEDS.sub(_GAP, text)
        return self._quoted.sub(_GAP, text)

    @cached_property
    def _quoted(self) -> regex.Pattern[str]:
        opening, closing = map(regex.escape, self.phrasebook.quotes)
        return regex.compile(rf"{opening}[^{closing}]*{closing}|[“\"][^”\"]*[”\"]|«[^»]*»|„[^”“]*[”“]")

    def facts_of(self, move: Move) -> str:
        """Everything that this move was given to say."""
        return "\n".join(filter(None, move.slots.values()))

    @cached_property
    def all_facts(self) -> str:
        """Everything the plan gives: the facts of all moves, and the evidence."""
        return "\n".join([*map(self.facts_of, self.plan.moves), *(item.text for item in self.plan.evidence)])

    def found(self, name: str, words: str) -> Iterator[str]:
        """What a list of the lexicon finds, each wording once."""
        yield from dict.fromkeys(self.lexicon.find(name, words))


def wordings(fact: str) -> tuple[str, ...]:
    """A fact of several words as a sentence may hold it: without its closing stop, and in the middle."""
    bare = fact.rstrip(".")
    return (fact, bare, bare[:1].lower() + bare[1:]) if " " in bare else (fact,)


def finding(check: str, severity: Severity, message: str, move: Move | None = None) -> Finding:
    return Finding(check=check, severity=severity, message=message, move=move.id if move else None)
