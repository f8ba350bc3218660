"""Plans a poll: about a decision the brand really faces, or about wishes found in the community. Never filler."""

from collections.abc import Sequence
from datetime import date, timedelta

from assistant.community import Decision
from assistant.domain import LITERAL, Evidence, Plan
from assistant.errors import Refused
from assistant.planning.building import Fact, Ground, PlanBuilder, post_evidence, profile_fact, public_only
from assistant.planning.quoting import is_a_wish, pick_quote
from knowledge.messages import Post
from knowledge.words import shorten, stems

MAX_OPTION = 55
"""Characters of an option: what Discord takes. The checks say which other platforms it is too long for."""
MAX_WISHES = 4


def plan_decision_poll(ground: Ground, decision: Decision) -> Plan:
    """Ask what a decision of the profile asks, with its own options, and say how the result is used.

    Raises Refused where the decision has no question or lacks options in the draft's language, or comes too early for
    a poll.
    """
    profile, place = ground.profile, f"decisions.{decision.id}"
    question = profile.say(decision.question, ground.language)
    options = [profile.say(option, ground.language) for option in decision.options]
    if not question or None in options:
        raise Refused(
            f"The decision “{decision.id}” has no question or lacks options in “{ground.language}”. "
            f"Add them under decisions: in community.yaml."
        )
    if decision.decide_by is not None and decision.decide_by <= ground.now.date():
        raise Refused(
            f"“{decision.id}” is to be decided by {decision.decide_by:%-d %B %Y}, so a poll on "
            f"{ground.now:%-d %B %Y} comes too late. Give it a later decide_by: in community.yaml."
        )
    builder = PlanBuilder(ground, "poll", "decision")
    source = Evidence(id=f"profile:{place}", text=f"{question} {' / '.join(filter(None, options))}")
    builder.say("hook", "decision", [source])
    builder.say("question", LITERAL, [source], text=question)
    for option in options:
        builder.say("option", LITERAL, [source], text=option)
    builder.say("how_used", "any", use=profile_fact(ground, f"{place}.use", decision.use))
    builder.say("closes", "any", [source], date=ground.date(closing_day(ground, decision)))
    return builder.build(f"decision:{decision.id}", question)


def plan_wishes_poll(ground: Ground, topic: str, wishes: Sequence[Post]) -> Plan:
    """Ask which of the members' own wishes matters most; each option is a wish in a member's words.

    Raises Refused where fewer than two different wishes can be quoted in the draft's language.
    """
    about = stems(topic, ground.language)
    quoted: dict[str, Post] = {}
    for post in public_only(wishes):
        wish = pick_quote(post.message.text, ground.language, intent="wish", about=about)
        # A clause that only gives the background is nothing to vote for.
        if wish and is_a_wish(wish, ground.language) and wish.casefold() not in map(str.casefold, quoted):
            quoted[wish] = post
    if len(quoted) < 2:
        matter = f" about “{topic}”" if topic else ""
        raise Refused(
            f"A poll in “{ground.language}” needs two wishes of members{matter} to choose from; found {len(quoted)}. "
            "Add a decision with options to community.yaml, choose another topic, or import more history."
        )
    chosen = list(quoted.items())[:MAX_WISHES]
    builder = PlanBuilder(ground, "poll", "wishes")
    hook, first = chosen[0]
    builder.say("hook", "wishes", [post_evidence(first)], quote=hook)
    posts = [post_evidence(post) for _, post in chosen]
    if topic:
        builder.say("question", "wishes_about", posts, topic=topic)
    else:
        builder.say("question", "wishes", posts)
    for wish, post in chosen:
        builder.say("option", LITERAL, [post_evidence(post)], text=shorten(wish, MAX_OPTION))
    builder.say("option", "other", posts)
    builder.say("how_used", "any", use=profile_fact(ground, "wishes_use", ground.profile.wishes_use))
    policy = Evidence(id="profile:poll_days", text=f"Polls run for {ground.profile.poll_days} days.")
    builder.say("closes", "any", date=Fact(ground.date(closing_day(ground)), policy))
    return builder.build(f"wishes:{topic or 'all'}", f"Which wish matters most? {topic}".strip())


def closing_day(ground: Ground, decision: Decision | None = None) -> date:
    """The last day to vote: so many days from the poll's own, but before the decision is due."""
    last = (ground.now + timedelta(days=ground.profile.poll_days)).date()
    return min(last, decision.decide_by) if decision is not None and decision.decide_by is not None else last
