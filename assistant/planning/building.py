"""What all planners share: the ground they build on, and a builder that gives moves their ids and gathers evidence."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from babel.dates import format_date

from assistant.community import Localised, Profile
from assistant.domain import Evidence, Kind, Move, Plan
from assistant.planning.quoting import reads_like_an_order
from knowledge.messages import Post, Visibility
from prompts.phrasebook import phrasebook

EXCERPT = 600
"""Characters of a post that stand as evidence."""


class Ground(NamedTuple):
    """What every plan is built on: the profile, the language to write in, the time, and the seed of free choices.

    `now` is when the text is to appear: what it dates counts from there.
    """

    profile: Profile
    language: str
    now: datetime
    seed: int = 0
    notes: tuple[str, ...] = ()

    def say(self, text: Localised) -> str | None:
        """A text of the profile as a whole sentence in the draft's language, or None where it has none."""
        said = self.profile.say(text, self.language)
        return sentence(said) if said else None

    def date(self, day: date) -> str:
        """A day written out in the draft's language."""
        return format_date(day, "long", locale=self.language)


class Fact(NamedTuple):
    """One fact and the evidence that it comes from. A fact nobody gave has no text."""

    text: str | None
    evidence: Evidence | None = None


def sentence(text: str) -> str:
    """Trimmed, and closed with a full stop where it is not closed yet."""
    text = " ".join(text.split())
    return text if not text or text.endswith((".", "!", "?", "…", "؟", "。")) else f"{text}."


def profile_fact(ground: Ground, place: str, text: Localised) -> Fact:
    """A text of community.yaml as a fact. `place` is where it stands there, such as `remedies.refund`."""
    said = ground.say(text)
    return Fact(said, Evidence(id=f"profile:{place}", text=said) if said else None)


def post_evidence(post: Post) -> Evidence:
    """A post as evidence, as a member wrote it."""
    text = post.message.full_text
    return Evidence(
        id=f"post:{post.message.id}",
        text=text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…",
        author=post.author_name,
        at=post.message.at,
        channel=post.channel_name,
        visibility=post.visibility,
        language=post.signals.language,
        suspicious=reads_like_an_order(text),
    )


def public_only(posts: Iterable[Post]) -> list[Post]:
    """The posts whose words a public text may take over."""
    return [post for post in posts if post.visibility == "public"]


class PlanBuilder:
    """Collects moves in the order they are said, and the evidence they rest on, each once."""

    def __init__(self, ground: Ground, kind: Kind, situation: str, audience: Visibility = "public") -> None:
        self._ground = ground
        self._kind = kind
        self._situation = situation
        self._audience = audience
        self._moves: list[Move] = []
        self._evidence: dict[str, Evidence] = {}
        self._notes = list(ground.notes)

    def note(self, text: str) -> None:
        """Tell the reviewer what shaped the plan."""
        self._notes.append(text)

    def support(self, *evidence: Evidence) -> None:
        """Evidence that a reviewer should see, though no single sentence rests on it."""
        for item in evidence:
            self._evidence.setdefault(item.id, item)

    def say(self, name: str, situation: str, evidence: Iterable[Evidence] = (), /, **slots: Fact | str | None) -> None:
        """Add a move. Facts bring their own evidence along."""
        facts = [fact for fact in slots.values() if isinstance(fact, Fact)]
        found = [*evidence, *(fact.evidence for fact in facts if fact.evidence is not None)]
        self.support(*found)
        self._moves.append(
            Move(
                id=f"m{len(self._moves) + 1}",
                name=name,
                situation=situation,
                slots={key: fact.text if isinstance(fact, Fact) else fact for key, fact in slots.items()},
                evidence=tuple(dict.fromkeys(item.id for item in found)),
            )
        )

    def build(self, subject: str, title: str, *, incident: str | None = None, remedy: str | None = None) -> Plan:
        """The finished plan. Evidence that its readers may not see is left out, with a note."""
        hidden = {
            id_ for id_, item in self._evidence.items() if item.visibility == "private" and self._audience == "public"
        }
        if hidden:
            self.note(f"{len(hidden)} posts from private channels were left out: this text will be public.")
        profile, language = self._ground.profile, self._ground.language
        return Plan(
            community=profile.id,
            kind=self._kind,
            situation=self._situation,
            language=language,
            form=phrasebook(language).form(profile.voice.form_of_address),
            subject=subject,
            title=title,
            moves=tuple(
                move.model_copy(update={"evidence": tuple(e for e in move.evidence if e not in hidden)})
                for move in self._moves
            ),
            evidence=tuple(item for id_, item in self._evidence.items() if id_ not in hidden),
            audience=self._audience,
            incident=incident,
            remedy=remedy,
            notes=tuple(self._notes),
            seed=self._ground.seed,
        )
