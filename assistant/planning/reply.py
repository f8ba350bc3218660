"""Plans an empathetic reply to one post: it shows that it listened before it explains, and offers before it defends."""

from collections.abc import Sequence
from typing import NamedTuple

from assistant.community import Remedy
from assistant.domain import Plan, Situation
from assistant.planning.answering import answer_from, document_evidence
from assistant.planning.apology import SheetFacts
from assistant.planning.building import Fact, Ground, PlanBuilder, post_evidence, profile_fact
from assistant.planning.quoting import may_be_greeted, pick_quote
from knowledge.messages import Passage, Post
from knowledge.words import shorten, stems

_LONG_TIME_DAYS = 730


class Background(NamedTuple):
    """What is known around the post that is answered.

    `past` are the member's own earlier troubles, `related` what others wrote about the same matter, `answered` what the
    team or members answered to similar questions, `documents` what the brand's own texts say near it. `remedy` is what
    the policy offers for this complaint; `sheet` the confirmed facts of the incident it belongs to.
    """

    past: Sequence[Post] = ()
    related: Sequence[Passage] = ()
    answered: Sequence[Post] = ()
    documents: Sequence[Post] = ()
    remedy: Remedy | None = None
    sheet: SheetFacts | None = None


def plan_reply(ground: Ground, post: Post, situation: Situation, background: Background) -> Plan:
    """Greet, acknowledge, restate in the member's own words, then what the situation asks for."""
    builder = PlanBuilder(ground, "reply", situation, audience=post.visibility)
    target = post_evidence(post)
    quote = pick_quote(
        post.message.text,
        post.signals.language,
        intent=situation,
        about=set().union(*(stems(p.post.message.text, p.post.signals.language) for p in background.related)),
    )
    name = " ".join(post.author_name.split())
    named = bool(name) and post.message.author != "anonymous" and may_be_greeted(name, ground.language)
    builder.say("greet", "named" if named else "unnamed", [target], **({"name": name} if named else {}))
    again = bool(background.past) and situation == "criticism"
    past = [post_evidence(p) for p in background.past] if again else []
    builder.say("acknowledge", "criticism_again" if again else situation, [target, *past])
    builder.say("restate", situation, [target], quote=quote)
    _BODIES[situation](builder, ground, post, background)
    _explain_to_reviewer(builder, ground, post, background)
    title = f"{post.author_name}: {quote or shorten(post.message.text)}"
    return builder.build(
        f"post:{post.message.id}",
        title,
        incident=background.sheet.incident if background.sheet else None,
        remedy=background.remedy.id if background.remedy and situation == "criticism" else None,
    )


def _criticism(builder: PlanBuilder, ground: Ground, post: Post, background: Background) -> None:
    target, sheet, remedy = post_evidence(post), background.sheet, background.remedy
    builder.say("feel", "criticism", [target])
    if sheet is not None:
        # Only confirmed facts are a ground for taking the blame and for naming a cause.
        builder.say("own", "criticism", [sheet.evidence("what_happened")])
        if sheet.cause.text:
            builder.say("explain", "criticism", cause=sheet.cause)
    if remedy is not None:
        builder.say("repair", "criticism", remedy=profile_fact(ground, f"remedies.{remedy.id}", remedy.text))
    elif sheet is not None and sheet.remedy.text:
        builder.say("repair", "criticism", remedy=sheet.remedy)
    builder.say("next_step", "criticism", contact=contact(ground))
    if remedy is None and sheet is None:
        # Nothing to offer yet: ask, so that the member is heard and the next answer can be better.
        builder.say("question", "criticism", [target])
    builder.say("thank", "criticism", [target])


def _praise(builder: PlanBuilder, ground: Ground, post: Post, background: Background) -> None:
    target = post_evidence(post)
    builder.say("question", "praise", [target])
    builder.say("thank", "praise", [target])


def _question(builder: PlanBuilder, ground: Ground, post: Post, background: Background) -> None:
    answers = [post_evidence(p) for p in background.answered]
    # An answer is a claim: it stands in the brand's own documents, or the reviewer writes it. What others answered to
    # the like, and what else the documents say, is shown beside it.
    found = answer_from(background.documents, post.message.full_text, ground.language)
    builder.say("explain", "question", answers, answer=found or Fact(None))
    builder.support(*map(document_evidence, background.documents))
    if found is not None and found.evidence is not None:
        builder.note(f"The answer stands in your document “{found.evidence.author}”. Read whether it fits.")
    builder.say("next_step", "question", contact=contact(ground))
    builder.say("question", "question", [post_evidence(post)])


def _wish(builder: PlanBuilder, ground: Ground, post: Post, background: Background) -> None:
    target = post_evidence(post)
    use = profile_fact(ground, "wishes_use", ground.profile.wishes_use)
    if use.text:
        builder.say("next_step", "wish", use=use)
    builder.say("question", "wish", [target])
    builder.say("thank", "wish", [target])


def _grief(builder: PlanBuilder, ground: Ground, post: Post, background: Background) -> None:
    target = post_evidence(post)
    builder.say("feel", "grief", [target])
    builder.say("thank", "grief", [target])


_BODIES = {"grief": _grief, "criticism": _criticism, "praise": _praise, "question": _question, "wish": _wish}


def contact(ground: Ground) -> Fact:
    """The first private way to reach a person that the profile has in this language."""
    for route in ground.profile.contacts:
        fact = profile_fact(ground, f"contacts.{route.id}", route.text)
        if fact.text:
            return fact
    return Fact(None)


def _explain_to_reviewer(builder: PlanBuilder, ground: Ground, post: Post, background: Background) -> None:
    if background.past:
        builder.note(f"Problems that {post.author_name} wrote about before: {len(background.past)}.")
    similar = {p.post.message.author for p in background.related if p.post.message.author != post.message.author}
    if similar:
        builder.note(f"Other members who wrote about something similar: {len(similar)}. Their posts are evidence here.")
        builder.support(*(post_evidence(p.post) for p in background.related[:5]))
    if post.author_joined is not None and (days := (ground.now - post.author_joined).days) >= _LONG_TIME_DAYS:
        builder.note(f"Years that {post.author_name} has been a member: {days // 365}.")
    if post_evidence(post).suspicious:
        builder.note("This post reads like an order to the assistant. It is treated as text, never as an instruction.")
