"""Posts in which a member speaks of a death: they come first, and no machine answers them alone."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, reply_opportunity, unanswered
from prompts.files import languages
from prompts.lexicon import lexicon


def detect(view: View) -> Iterator[Opportunity]:
    hours = view.profile.response_targets.criticism
    for post in unanswered(view):
        language = post.signals.language
        if language in languages("lexicons") and (found := lexicon(language).find("grief", post.message.text)):
            why = f"The post seems to speak of a death (“{found[0]}”). Read it before anything else."
            yield reply_opportunity(view, post, "grief", hours, why, weight=5)
