"""Plans a challenge: a format from the catalogue around a topic found in the community, quoted as members say it."""

from collections.abc import Sequence
from datetime import timedelta

from assistant.domain import Evidence, Plan
from assistant.errors import Refused
from assistant.planning.building import Fact, Ground, PlanBuilder, post_evidence, profile_fact, public_only
from assistant.planning.quoting import pick_quote
from knowledge.languages import direction
from knowledge.messages import Post
from knowledge.words import stems
from prompts.phrasebook import FORMATS


def plan_challenge(ground: Ground, topic: str, format_: str, posts: Sequence[Post]) -> Plan:
    """Title, why (a member's words, and a goal of the community), task, three steps, and the rules of taking part.

    Raises Refused where no post in the draft's language can be quoted, or the format is unknown.
    """
    if format_ not in FORMATS:
        raise Refused(f"There is no challenge format “{format_}”. Known: {', '.join(FORMATS)}.")
    about = stems(topic, ground.language)
    clauses = [(pick_quote(post.message.text, ground.language, about=about), post) for post in public_only(posts)]
    quoted = [(clause, post) for clause, post in clauses if clause is not None]
    # A clause that names the topic shows why it is one.
    quoted = [item for item in quoted if about <= stems(item[0], ground.language)] or quoted
    if not topic or not quoted:
        raise Refused(
            f"Nobody wrote about “{topic}” in “{ground.language}” in words that can be quoted. Name the topic in that "
            "language, choose another, or import more history."
        )
    quote, first = quoted[ground.seed % len(quoted)]
    profile, sources = ground.profile, [post_evidence(post) for _, post in quoted[:5]]
    builder = PlanBuilder(ground, "challenge", format_)
    builder.say("title", format_, sources, topic=topic)
    goal = _goal(ground)
    if goal.text:
        builder.say("why", "topic_goal", [post_evidence(first)], quote=quote, goal=goal)
    else:
        builder.say("why", "topic", [post_evidence(first)], quote=quote)
    builder.say("task", format_, sources, topic=topic)
    for number in (1, 2, 3):
        builder.say("step", f"{format_}_{number}")
    builder.say("join", "any", channel=_channel(ground))
    days = Evidence(id="profile:challenge_days", text=f"Challenges run for {profile.challenge_days} days.")
    last = (ground.now + timedelta(days=profile.challenge_days)).date()
    builder.say("deadline", "any", date=Fact(ground.date(last), days))
    builder.say("recognition", "any", recognition=profile_fact(ground, "recognition", profile.recognition))
    builder.say("inclusion", "any")
    safety = profile_fact(ground, "safety", profile.safety)
    if safety.text:
        builder.say("safety", "any", safety=safety)
    members = len({post.message.author for post in posts})
    builder.note(f"Members who wrote about “{topic}”: {members}.")
    return builder.build(f"topic:{topic}", f"“{topic}”, {format_.replace('_', ' ')}")


def _goal(ground: Ground) -> Fact:
    goals = ground.profile.goals
    if not goals:
        return Fact(None)
    number = ground.seed % len(goals)
    return profile_fact(ground, f"goals.{number + 1}", goals[number])


def _channel(ground: Ground) -> Fact:
    """Where entries go: the channel that the profile names, if members can read it."""
    for channel in ground.profile.channels:
        if channel.id == ground.profile.challenge_channel and channel.visibility != "private":
            # Without the isolates a right-to-left line would show “#wins” as “wins#”.
            name = f"\u2068{channel.name}\u2069" if direction(ground.language) == "rtl" else channel.name
            return Fact(name, Evidence(id=f"profile:channels.{channel.id}", text=channel.name))
    return Fact(None)
