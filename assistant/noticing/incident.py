"""An incident: many members complain of the same thing within a few days, in whatever language."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from assistant.domain import Opportunity
from assistant.noticing.view import View, is_criticism
from knowledge.embedding import Vectors
from knowledge.messages import Post
from knowledge.themes import CLUSTERED
from knowledge.words import shorten

WINDOW_DAYS = 10
MIN_MEMBERS = 5
SEED_DISTANCE = 0.75
"""Cosine distance up to which complaints form the core of an incident (average linkage on centred vectors)."""
NEAR = 0.35
"""Cosine to the core from which another post belongs to it. Measured on the sample: 19 of 30, none wrong."""


def detect(view: View) -> Iterator[Opportunity]:
    start = view.now - timedelta(days=WINDOW_DAYS)
    recent = [
        post
        for post in view.recent
        if post.message.at >= start and post.message.id in view.vectors and post.visibility == "public"
    ]
    taken: set[str] = set()
    for core in _cores([post for post in recent if is_criticism(post)], view):
        if len({post.message.author for post in core}) < MIN_MEMBERS:
            continue
        group = [post for post in _grown(core, recent, view) if post.message.id not in taken]
        members = {post.message.author for post in group}
        if len(members) >= MIN_MEMBERS:
            taken |= {post.message.id for post in group}
            yield _opportunity(view, group, len(members))


def recognised(found: Sequence[Opportunity], before: Sequence[Opportunity]) -> list[Opportunity]:
    """What was found, in which an incident that was noticed before keeps its id and the incident that holds its facts.

    It is known by the posts it shares: its first one, after which it was named, grows old while others still come.
    """
    known = {opportunity.id: opportunity for opportunity in before if opportunity.kind == "apology"}
    used = {opportunity.id for opportunity in found}
    result = []
    for opportunity in found:
        same = opportunity
        if opportunity.kind == "apology":
            sharing = (o for o in known.values() if o.id not in used and not {*o.posts}.isdisjoint(opportunity.posts))
            same = known.get(opportunity.id) or next(sharing, opportunity)
            used.add(same.id)
        result.append(opportunity.model_copy(update={"id": same.id, "incident": same.incident}))
    return result


def _cores(complaints: Sequence[Post], view: View) -> list[list[Post]]:
    """Complaints that are much alike, the largest group first."""
    from sklearn.cluster import AgglomerativeClustering

    if len(complaints) < MIN_MEMBERS:
        return []
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=SEED_DISTANCE
    )
    complaints = complaints[-CLUSTERED:]
    labels = clustering.fit_predict(_matrix(complaints, view))
    groups = [[p for p, own in zip(complaints, labels, strict=True) if own == label] for label in set(labels)]
    return sorted(groups, key=len, reverse=True)


def _grown(core: Sequence[Post], recent: Sequence[Post], view: View) -> list[Post]:
    """The core and the posts near it that complain, ask, or cannot be read with certainty. In order of time."""
    centre = _matrix(core, view).mean(axis=0)
    centre /= np.linalg.norm(centre)
    ids = {post.message.id for post in core}
    return [
        post
        for post in recent
        if post.message.id in ids
        or (
            (is_criticism(post) or post.signals.intent in ("unsure", "question"))
            and float(view.vectors[post.message.id] @ centre) >= NEAR
        )
    ]


def _matrix(posts: Sequence[Post], view: View) -> Vectors:
    return np.stack([view.vectors[post.message.id] for post in posts])


def _opportunity(view: View, group: Sequence[Post], members: int) -> Opportunity:
    first = group[0]
    return Opportunity(
        id=f"incident:{first.message.id}",
        detector="incident",
        kind="apology",
        situation="incident",
        title=f"{members} members complain of the same: {shorten(first.message.text)}",
        why=f"{len(group)} similar posts by {members} members since {first.message.at:%-d %B}.",
        language=view.profile.default_language,
        posts=tuple(post.message.id for post in group),
        at=first.message.at,
        due=first.message.at + timedelta(hours=view.profile.response_targets.criticism),
        weight=4 + members,
    )
