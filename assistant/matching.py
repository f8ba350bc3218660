"""Compares posts with each other and with descriptions in the profile, by meaning. Vectors of descriptions are kept."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from assistant.community import Profile, Remedy
from assistant.noticing.view import is_criticism
from knowledge.centring import Centres, centre_all
from knowledge.embedding import Vectors
from knowledge.history import Understanding
from knowledge.messages import Passage, Post
from knowledge.ports import Filters, MessageStore, VectorIndex
from knowledge.search import nearest
from knowledge.themes import name_theme
from knowledge.words import stems

SAMPLE = 2000
"""The newest posts that stand for all when the centre of each language is taken."""
REMEDY_SCORE, REMEDY_MARGIN = 0.25, 0.12
"""A remedy is offered only if its descriptions are this near to the complaint, and nearer than any other's by so much.
On the sample's 53 complaints three were, all of them rightly; a wrong offer costs more than none."""
INCIDENT_SCORE = 0.86
"""Median cosine of an incident's posts to the nearest description of a known incident."""
SIMILAR = 0.3
"""Centred cosine from which another post is about the same matter."""
RELATED_DAYS = 90
NEAR_QUERY = 0.845
"""Cosine of a question to a post that is surely about it: on the sample, posts off the topic reach .833."""


class Topic(NamedTuple):
    """Posts about a topic, and the topic's name in their language, where it has one."""

    name: str | None
    posts: list[Post]


class Matcher:
    """For one community. Safe to keep while the community grows: centres are taken anew when the index has changed."""

    def __init__(
        self, profile: Profile, messages: MessageStore, index: VectorIndex, understanding: Understanding
    ) -> None:
        self._profile = profile
        self._messages = messages
        self._index = index
        self._understanding = understanding
        self._centres: dict[bool, tuple[int, Centres]] = {}
        self._described: dict[tuple[str, ...], tuple[Vectors, list[str]]] = {}

    def remedy_for(self, post: Post) -> Remedy | None:
        """The remedy whose descriptions fit this complaint clearly better than those of all others."""
        centres, vector = self._centres_for(post), self._vector(post)
        if centres is None or vector is None:
            return None
        complaint = centres.centre(vector, post.signals.language)
        scored = []
        for remedy in self._profile.remedies:
            if remedy.covers:
                vectors, languages = self._describe(remedy.covers)
                cosines = [
                    float(centres.centre(v, language) @ complaint)
                    for v, language in zip(vectors, languages, strict=True)
                ]
                scored.append((float(np.mean(sorted(cosines)[-2:])), remedy))
        scored.sort(key=lambda item: item[0], reverse=True)
        if not scored or scored[0][0] < REMEDY_SCORE:
            return None
        second = scored[1][0] if len(scored) > 1 else -1.0
        return scored[0][1] if scored[0][0] - second >= REMEDY_MARGIN else None

    def incident_for(self, posts: Sequence[Post]) -> str | None:
        """The incident of the profile that these posts are about."""
        found = self._index.vectors(self._profile.id, [post.message.id for post in posts])
        if not found:
            return None
        matrix = np.stack(list(found.values()))
        scored = []
        for incident in self._profile.incidents:
            vectors, _ = self._describe(incident.about)
            scored.append((float(np.median((matrix @ vectors.T).max(axis=1))), incident.id))
        best = max(scored, default=(0.0, ""))
        return best[1] if best[0] >= INCIDENT_SCORE else None

    def similar(
        self, post: Post, *, count: int = 8, days: int | None = RELATED_DAYS, at_least: float = SIMILAR
    ) -> list[Passage]:
        """What other members wrote about the same matter in the days before (or ever), the nearest first, as far as
        those who read the post may read it.
        """
        centres, vector = self._centres_for(post), self._vector(post)
        if centres is None or vector is None:
            return []
        since = post.message.at - timedelta(days=days) if days is not None else None
        readable = Filters(public_only=post.visibility == "public")
        near_it = nearest(self._messages, self._index, self._profile.id, vector, 5 * count, readable)
        vectors = {near.id: near.vector for near in near_it if near.id != post.message.id}
        posts = self._messages.get(self._profile.id, vectors)
        own = centres.centre(vector, post.signals.language)
        passages = [
            Passage(post=other, score=round(float(centres.centre(vectors[id_], other.signals.language) @ own), 4))
            for id_, other in posts.items()
            if (since is None or other.message.at >= since)
            and other.message.author != post.message.author
            and self._profile.is_from_member(other)
            and readable_beside(post, other)
        ]
        near = [passage for passage in passages if passage.score >= at_least]
        return sorted(near, key=lambda passage: -passage.score)[:count]

    def troubles_before(self, post: Post, *, days: int = 180) -> list[Post]:
        """The member's own earlier complaints that those who read the post may read, oldest first; none for members
        without a name.
        """
        if post.message.author == "anonymous":
            return []
        since = post.message.at - timedelta(days=days)
        written = self._messages.posts(self._profile.id, Filters(author=post.message.author, since=since))
        return [
            other
            for other in written
            if is_criticism(other)
            and other.message.at < post.message.at
            and other.message.thread != post.message.thread
            and readable_beside(post, other)
        ]

    def about(self, topic: str, language: str) -> "Topic":
        """What members wrote publicly about a topic, in one language, the nearest first.

        Posts that use the topic's words, or come very near to it, say what is meant, in whatever language; posts in the
        language asked for that are like them belong to it. So “grinders” finds what was said of “młynki”.
        """
        posts = [
            post
            for post in self._messages.posts(self._profile.id, Filters(public_only=True), newest=SAMPLE)
            if self._profile.is_from_member(post)
        ]
        stored = self._index.vectors(self._profile.id, [post.message.id for post in posts])
        vectors = centre_all(posts, stored)
        said = {post.message.id for post in posts if mentions(post, topic)}
        query = self._understanding.embedder.encode_query(topic)
        near = sorted(stored, key=lambda id_: -float(stored[id_] @ query))[:20]
        meant = [vector for id_, vector in vectors.items() if id_ in said]
        meant = meant or [vectors[id_] for id_ in near if float(stored[id_] @ query) >= NEAR_QUERY]
        if not meant:
            return Topic(topic, [])
        centre = np.mean(meant, axis=0)
        centre /= max(float(np.linalg.norm(centre)), 1e-9)
        scores = {id_: float(vector @ centre) + (id_ in said) for id_, vector in vectors.items()}
        found = [
            post for post in posts if post.signals.language == language and scores.get(post.message.id, 0.0) >= SIMILAR
        ]
        found.sort(key=lambda post: -scores[post.message.id])
        named = any(post.message.id in said for post in found)
        return Topic(topic if named else name_theme(found, posts).get(language), found)

    def _vector(self, post: Post) -> Vectors | None:
        return self._index.vectors(self._profile.id, [post.message.id]).get(post.message.id)

    def _describe(self, texts: tuple[str, ...]) -> tuple[Vectors, list[str]]:
        if texts not in self._described:
            languages = [
                self._understanding.languages.detect(text, expected=self._profile.languages).language for text in texts
            ]
            self._described[texts] = self._understanding.embedder.encode(texts).vectors, languages
        return self._described[texts]

    def _centres_for(self, post: Post) -> Centres | None:
        """Those of public posts, where the post is one: nothing private shapes what is made for all to read."""
        size, public = self._index.count(self._profile.id), post.visibility == "public"
        if size and (public not in self._centres or self._centres[public][0] != size):
            posts = self._messages.posts(self._profile.id, Filters(public_only=public), newest=SAMPLE)
            vectors = self._index.vectors(self._profile.id, [each.message.id for each in posts])
            if vectors:
                self._centres[public] = size, Centres.of(posts, vectors)
        return self._centres[public][1] if size and public in self._centres else None


def readable_beside(post: Post, other: Post) -> bool:
    """Whether all who read `post` may read `other`: a private channel has readers of its own."""
    return other.visibility == "public" or other.message.channel == post.message.channel


def mentions(post: Post, topic: str) -> bool:
    """Whether a post uses the topic's words, in any of their forms."""
    language = post.signals.language
    wanted = stems(topic, language)
    return bool(wanted) and wanted <= stems(post.message.text, language)
