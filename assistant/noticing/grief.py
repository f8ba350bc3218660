"""Posts in which a member speaks of a death: they come first, and no machine answers them alone."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, reply_opportunity, unanswered
from knowledge.messages import Post
from prompts.files import languages
from prompts.lexicon import lexicon


def detect(view: View) -> Iterator[Opportunity]:
    hours = view.profile.response_targets.criticism
    for post in unanswered(view):
        words = speaks_of_death(post)
        if words is not None:
            why = f"The post seems to speak of a death (“{words}”). Read it before anything else."
            yield reply_opportunity(view, post, "grief", hours, why, weight=5)


def speaks_of_death(post: Post) -> str | None:
    """The first words by which a post seems to speak of a death, or None."""
    language = post.signals.language
    if language not in languages("lexicons"):
        return None
    found = lexicon(language).find("grief", post.message.text)
    return found[0] if found else None
