"""Wishes and ideas of members that the team has not reacted to."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, reply_opportunity, unanswered


def detect(view: View) -> Iterator[Opportunity]:
    hours = view.profile.response_targets.wish
    for post in unanswered(view):
        if post.signals.intent == "wish":
            why = f"A wish ({post.signals.intent_p:.0%} sure) that nobody of the team has reacted to."
            yield reply_opportunity(view, post, "wish", hours, why, weight=1)
