"""Plans an apology statement to the community. Its facts come from the incident's fact sheet alone."""

from collections.abc import Sequence
from typing import NamedTuple

from assistant.community import Localised, Sheet
from assistant.domain import Evidence, Plan
from assistant.planning.building import Fact, Ground, PlanBuilder, post_evidence
from knowledge.messages import Post

_SHOWN_POSTS = 12


class SheetFacts(NamedTuple):
    """A fact sheet in the language of a draft: each fact with its evidence, or without text where it is missing."""

    incident: str
    what_happened: Fact
    since: Fact
    cause: Fact
    affected: Fact
    remedy: Fact
    prevention: Fact

    def evidence(self, name: str) -> Evidence:
        """The evidence behind one fact; where it is missing, the sheet itself."""
        fact: Fact = getattr(self, name)
        return fact.evidence or Evidence(id=f"sheet:{self.incident}", text="The incident's fact sheet.")


def sheet_facts(ground: Ground, incident: str, sheet: Sheet) -> SheetFacts:
    """The facts of a sheet in the draft's language."""

    def fact(name: str, text: str | None) -> Fact:
        return Fact(text, Evidence(id=f"sheet:{incident}.{name}", text=text) if text else None)

    def said(name: str) -> Fact:
        text: Localised = getattr(sheet, name)
        return fact(name, ground.say(text))

    return SheetFacts(
        incident,
        what_happened=said("what_happened"),
        since=fact("since", ground.date(sheet.since) if sheet.since else None),
        cause=said("cause"),
        affected=said("affected"),
        remedy=said("remedy"),
        prevention=said("prevention"),
    )


def plan_apology(ground: Ground, facts: SheetFacts, posts: Sequence[Post], contact: Fact) -> Plan:
    """Regret, explain, own, repent, repair, ask for a chance, and where to reach a person."""
    builder = PlanBuilder(ground, "apology", "any")
    complaints = [post_evidence(post) for post in posts]
    builder.say("regret", "any", complaints[:3], what_happened=facts.what_happened)
    builder.say("explain", "any", since=facts.since, cause=facts.cause)
    builder.say("own", "any", affected=facts.affected)
    builder.say("repent", "any", prevention=facts.prevention)
    builder.say("repair", "any", remedy=facts.remedy)
    builder.say("forgive", "any")
    builder.say("contact", "any", contact=contact)
    builder.support(*complaints[:_SHOWN_POSTS])
    if posts:
        members = len({post.message.author for post in posts})
        builder.note(f"{len(posts)} complaints by {members} members are behind this statement.")
    happened = facts.what_happened.text or "What happened is not on the fact sheet yet."
    return builder.build(f"incident:{facts.incident}", happened, incident=facts.incident)
