"""Questions that nobody has answered, neither the team nor a member."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, reply_opportunity, unanswered


def detect(view: View) -> Iterator[Opportunity]:
    hours = view.profile.response_targets.question
    for post in unanswered(view, by_team=False):
        if post.signals.intent == "question":
            why = (
                f"A question ({post.signals.intent_p:.0%} sure) that nobody has answered; the target is {hours} hours."
            )
            yield reply_opportunity(view, post, "question", hours, why, weight=2)
