"""What detectors look at, and the questions that several of them ask."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import dropwhile
from typing import NamedTuple

from assistant.community import Profile
from assistant.domain import Opportunity, Situation
from knowledge.embedding import Vectors
from knowledge.messages import Post
from knowledge.words import shorten

RECENT_DAYS = 30
"""Older posts are not answered any more: a reply after a month hurts more than it heals."""


class _View(NamedTuple):
    profile: Profile
    now: datetime
    posts: Sequence[Post]
    vectors: Mapping[str, Vectors]


class View(_View):
    """The last months of a community: its posts in order of time, and their centred vectors by message id."""

    @cached_property
    def threads(self) -> Mapping[str, list[Post]]:
        """Each thread in order of time. Where times are alike, as of days without a clock, its first message leads."""
        threads: dict[str, list[Post]] = {}
        for post in sorted(self.posts, key=lambda p: (p.message.at, p.message.id != p.message.thread)):
            threads.setdefault(post.message.thread, []).append(post)
        return threads

    def speaks_for_brand(self, post: Post) -> bool:
        return self.profile.is_team(post.message.author)

    @cached_property
    def from_members(self) -> tuple[Post, ...]:
        """What members wrote: not the team, not bots."""
        return tuple(post for post in self.posts if self.profile.is_from_member(post))

    @cached_property
    def recent(self) -> tuple[Post, ...]:
        start = self.now - timedelta(days=RECENT_DAYS)
        return tuple(post for post in self.from_members if start <= post.message.at <= self.now)

    def answers(self, post: Post, *, by_team: bool) -> list[Post]:
        """Later posts in the same thread by others. Without a team in the profile, anybody's answer counts."""
        by_team = by_team and bool(self.profile.team)
        later = dropwhile(lambda other: other.message.id != post.message.id, self.threads[post.message.thread])
        return [
            other
            for other in later
            if other.message.author != post.message.author
            and not other.author_is_bot
            and (self.speaks_for_brand(other) or not by_team)
        ]


def reply_opportunity(view: View, post: Post, situation: Situation, hours: int, why: str, weight: float) -> Opportunity:
    """An answer to one post, due so many hours after it was written."""
    return Opportunity(
        id=f"{situation}:{post.message.id}",
        detector=situation,
        kind="reply",
        situation=situation,
        title=f"{post.author_name}: {shorten(post.message.text)}",
        why=why,
        language=post.signals.language,
        posts=(post.message.id,),
        at=post.message.at,
        due=post.message.at + timedelta(hours=hours),
        weight=weight,
    )


def unanswered(view: View, *, by_team: bool = True) -> Iterator[Post]:
    """Recent posts of members that nobody (of the team) answered."""
    for post in view.recent:
        if not view.answers(post, by_team=by_team):
            yield post


def is_criticism(post: Post) -> bool:
    """A bad rating, or a complaint beside a middling one; without a rating, a complaint, or something negative whose
    intent is unsure.
    """
    rating, signals = post.message.rating, post.signals
    if rating is not None:
        return rating <= 2 or (rating < 4 and signals.intent == "complaint")
    return signals.intent == "complaint" or (signals.intent == "unsure" and signals.sentiment == "negative")
