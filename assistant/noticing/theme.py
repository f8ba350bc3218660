"""Themes that members care about: many of them, in one matter, over the last months."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, is_criticism
from knowledge.themes import find_themes

MIN_MEMBERS = 3
"""Members who must have written about a theme in a language before it is proposed there."""


def detect(view: View) -> Iterator[Opportunity]:
    # What members complain about is no theme to play with; it has its own detectors.
    public = [post for post in view.from_members if post.visibility == "public" and not is_criticism(post)]
    for theme in find_themes(public, view.vectors):
        for language, name in sorted(theme.names.items()):
            posts = [post for post in theme.posts if post.signals.language == language]
            if len({post.message.author for post in posts}) < MIN_MEMBERS:
                continue
            yield Opportunity(
                id=f"theme:{language}:{name}",
                detector="theme",
                kind="challenge",
                situation="theme",
                title=f"“{name}”",
                why=f"{len(theme.authors)} members wrote about it, {len({p.message.author for p in posts})} of them "
                f"in this language.",
                language=language,
                posts=tuple(post.message.id for post in posts),
                at=max(post.message.at for post in posts),
                weight=len(theme.authors),
                topic=name,
            )
