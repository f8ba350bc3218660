"""What came before a post: its thread, its author's own history, and whether the same has happened already."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from assistant.desk import Desk
from assistant.domain import Draft
from assistant.errors import NotFound
from assistant.matching import SIMILAR, readable_beside
from assistant.noticing.view import is_criticism
from knowledge.messages import Intent, Member, Post
from knowledge.ports import Filters

Outcome = Literal["solved", "thanked", "came back", "answered", "answered by members", "unanswered"]
"""What came of a case, the first that is true: an answer was accepted; the member was content after an answer, or still
was not; somebody of the team, or another member, answered; nobody did."""

CASES = 40
"""Similar posts that are looked at."""
NEAR = 0.2
"""Centred cosine from which a post of the same sort is about the same matter; of another, `matching.SIMILAR`. On the
sample, for complaints about one incident: two of three complaints found from .2 to .3 were about it, as were above."""
_CONTENT: frozenset[Intent] = frozenset({"thanks", "praise", "achievement"})


class Case(NamedTuple):
    """An earlier post about the same matter, what others answered, and what came of it."""

    post: Post
    score: float
    answers: tuple[Post, ...]
    outcome: Outcome


class Precedents(NamedTuple):
    """Whether this has happened before: the cases, the nearest first. Each thread is one case."""

    cases: tuple[Case, ...]

    @property
    def members(self) -> int:
        return len({case.post.message.author for case in self.cases})

    @property
    def first(self) -> datetime | None:
        return min((case.post.message.at for case in self.cases), default=None)

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """What came of them, the commonest first."""
        return dict(Counter(case.outcome for case in self.cases).most_common())

    @property
    def summary(self) -> str:
        """How often, by how many, since when, and what came of it, in one sentence."""
        if self.first is None:
            return "Nothing like it was found in this community's history."
        often = "once" if len(self.cases) == 1 else f"{len(self.cases)} times"
        people = "1 member" if self.members == 1 else f"{self.members} members"
        came = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.items())
        return f"This came up {often} before, by {people}, since {self.first:%B %Y}: {came}."


class MemberHistory(NamedTuple):
    """A member with all that they wrote, the newest first."""

    member: Member
    posts: tuple[Post, ...]

    @property
    def intents(self) -> Mapping[Intent, int]:
        """How many of the posts are what, the commonest first."""
        return dict(Counter(post.signals.intent for post in self.posts).most_common())

    @property
    def complaints(self) -> int:
        return sum(map(is_criticism, self.posts))


def find_post(desk: Desk, id_: str) -> Post:
    """Raises NotFound for an id that this community does not have."""
    found = desk.messages.get(desk.profile.id, [id_]).get(id_)
    if found is None:
        raise NotFound(f"There is no post “{id_}” in {desk.profile.name}.")
    return found


def thread_around(desk: Desk, post: Post) -> list[Post]:
    """The whole thread that a post stands in, in order of time; the whole text that a piece of a document is of."""
    kind = post.message.kind if post.message.kind == "document" else None
    return desk.messages.posts(desk.profile.id, Filters(thread=post.message.thread, kind=kind))


def find_member(desk: Desk, who: str) -> Member:
    """The member with this id or name, or with this other id. Raises NotFound where that is nobody, or several."""
    who = desk.profile.aliases.get(who, who)
    known = desk.messages.members(desk.profile.id, who)
    exact = [member for member in known if member.id == who]
    chosen = exact or known
    if not chosen:
        raise NotFound(f"Nobody called “{who}” has written in {desk.profile.name}.")
    if len(chosen) > 1:
        raise NotFound(f"Several members are called “{who}”; say which id: {', '.join(m.id for m in chosen)}.")
    return chosen[0]


def member_history(desk: Desk, who: str) -> MemberHistory:
    """All that a member wrote. Raises NotFound as `find_member` does."""
    return _written_by(desk, find_member(desk, who))


def author_history(desk: Desk, post: Post) -> MemberHistory:
    """All that the author of a post wrote. Nothing else is known of those who wrote without a name."""
    known = {"name": post.author_name, "joined": post.author_joined, "is_bot": post.author_is_bot}
    author = Member(id=post.message.author, **known)
    return MemberHistory(author, (post,)) if author.id == "anonymous" else _written_by(desk, author)


def _written_by(desk: Desk, member: Member) -> MemberHistory:
    posts = desk.messages.posts(desk.profile.id, Filters(author=member.id))
    return MemberHistory(member, tuple(reversed(posts)))


def precedents(desk: Desk, post: Post) -> Precedents:
    """Earlier posts of members about the same matter, as far as those who read `post` may read them."""
    cases: dict[str, Case] = {}
    for passage in desk.matcher.similar(post, count=CASES, days=None, at_least=NEAR):
        earlier = passage.post.message
        if passage.score < SIMILAR and not _same_sort(post, passage.post):
            continue
        if earlier.at < post.message.at and earlier.thread not in (post.message.thread, *cases):
            thread = [other for other in thread_around(desk, passage.post) if readable_beside(post, other)]
            later = [other for other in thread if other.message.at >= earlier.at and other.message.id != earlier.id]
            answers = tuple(other for other in later if other.message.author != earlier.author)
            outcome = _outcome(desk, passage.post, answers, later)
            cases[earlier.thread] = Case(passage.post, passage.score, answers, outcome)
    return Precedents(tuple(cases.values()))


def precedents_of(desk: Desk, draft: Draft) -> Precedents | None:
    """Whether what a draft answers has happened before; None where it answers no post, or one that has gone."""
    matter, _, id_ = draft.plan.subject.partition(":")
    post = desk.messages.get(desk.profile.id, [id_]).get(id_) if matter == "post" else None
    return precedents(desk, post) if post is not None else None


def _same_sort(one: Post, other: Post) -> bool:
    """Whether both complain, or both do the same other thing."""
    if is_criticism(one) or is_criticism(other):
        return is_criticism(one) and is_criticism(other)
    return one.signals.intent == other.signals.intent != "unsure"


def _outcome(desk: Desk, post: Post, answers: Sequence[Post], later: Sequence[Post]) -> Outcome:
    if any(answer.message.accepted for answer in answers):
        return "solved"
    if not answers:
        return "unanswered"
    after = [other for other in later if other.message.at > answers[0].message.at]
    for other in reversed([other for other in after if other.message.author == post.message.author]):
        if other.signals.intent in _CONTENT or other.signals.sentiment == "positive":
            return "thanked"
        if is_criticism(other):
            return "came back"
    team = any(desk.profile.is_team(answer.message.author) for answer in answers)
    return "answered" if team else "answered by members"
