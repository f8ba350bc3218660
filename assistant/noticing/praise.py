"""Praise that nobody of the team has thanked for."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, reply_opportunity, unanswered


def detect(view: View) -> Iterator[Opportunity]:
    hours = view.profile.response_targets.praise
    for post in unanswered(view):
        if post.signals.intent == "praise" and post.signals.sentiment != "negative" and (post.message.rating or 5) >= 4:
            why = f"Praise ({post.signals.intent_p:.0%} sure) that nobody of the team has thanked for."
            yield reply_opportunity(view, post, "praise", hours, why, weight=1)
