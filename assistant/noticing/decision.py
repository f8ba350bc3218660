"""Decisions of the profile that are still open and could be asked."""

from collections.abc import Iterator
from datetime import datetime, time

from assistant.domain import Opportunity
from assistant.noticing.view import View


def detect(view: View) -> Iterator[Opportunity]:
    profile = view.profile
    for decision in profile.decisions:
        if decision.decide_by is not None and decision.decide_by <= view.now.date():
            continue
        question = profile.say(decision.question, profile.default_language) or decision.id
        due = datetime.combine(decision.decide_by, time(12), view.now.tzinfo) if decision.decide_by else None
        when = f"It is to be decided by {decision.decide_by:%-d %B}." if decision.decide_by else ""
        yield Opportunity(
            id=f"decision:{decision.id}",
            detector="decision",
            kind="poll",
            situation="decision",
            title=question,
            why=f"An open decision of the profile. {when}".strip(),
            language=profile.default_language,
            at=view.now,
            due=due,
            decision=decision.id,
        )
