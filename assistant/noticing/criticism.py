"""Criticism that the team has not answered, each with its clock."""

from collections.abc import Iterator

from assistant.domain import Opportunity
from assistant.noticing.view import View, is_criticism, reply_opportunity, unanswered


def detect(view: View) -> Iterator[Opportunity]:
    targets = view.profile.response_targets
    for post in unanswered(view):
        if is_criticism(post):
            rated = post.message.rating is not None
            hours = targets.review if rated else targets.criticism
            said = (
                f"a rating of {post.message.rating:g}" if rated else f"a complaint ({post.signals.intent_p:.0%} sure)"
            )
            why = f"{said.capitalize()} that nobody of the team has answered; the target is {hours} hours."
            yield reply_opportunity(view, post, "criticism", hours, why, weight=3)
