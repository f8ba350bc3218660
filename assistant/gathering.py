"""Fetches what a plan is built on, and has it planned: from something noticed, or from what a person asks for."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import cast, get_args
from zlib import crc32

from assistant.community import Profile, Remedy
from assistant.desk import Desk
from assistant.domain import Brief, Opportunity, Plan, Situation
from assistant.errors import NotFound, Refused
from assistant.matching import Topic, mentions
from assistant.noticing.grief import speaks_of_death
from assistant.noticing.view import is_criticism
from assistant.planning.answering import document_evidence
from assistant.planning.apology import SheetFacts, plan_apology, sheet_facts
from assistant.planning.building import Fact, Ground, public_only
from assistant.planning.challenge import plan_challenge
from assistant.planning.poll import plan_decision_poll, plan_wishes_poll
from assistant.planning.reply import Background, contact, plan_reply
from knowledge.messages import Intent, Passage, Post
from knowledge.ports import Filters
from knowledge.search import search
from knowledge.words import shorten, stems
from prompts.files import languages
from prompts.phrasebook import FORMATS

_SITUATIONS: dict[Intent, Situation] = {"praise": "praise", "thanks": "praise", "question": "question", "wish": "wish"}


def plan_opportunity(desk: Desk, opportunity: Opportunity, *, language: str | None = None, seed: int = 0) -> Plan:
    """Plan what an opportunity calls for, in its own language unless another is asked for.

    Raises NotFound where its posts are gone, Refused where there is nothing to ground a draft on.
    """
    ground = ground_for(desk, language or opportunity.language, seed)
    posts = list(desk.messages.get(desk.profile.id, opportunity.posts).values())
    if opportunity.kind == "reply":
        if not posts:
            raise NotFound(f"The post {opportunity.posts[0]} is not in this community any more.")
        return _reply(desk, ground, posts[0], _situation(posts[0], opportunity.situation), None)
    if opportunity.kind == "apology":
        return _apology(desk, ground, opportunity.incident or opportunity.id, posts)
    if opportunity.decision is not None:
        return _decision(desk, ground, opportunity.decision)
    own = public_only(post for post in posts if post.signals.language == ground.language)
    if own and not any(mentions(post, opportunity.topic or "") for post in own):
        raise NotFound(f"“{opportunity.topic}” was found in posts that are private or gone now. Look for themes again.")
    return plan_challenge(ground, opportunity.topic or "", _format(opportunity.topic or "", seed), own)


def plan_brief(desk: Desk, brief: Brief, *, seed: int = 0, remedy: str | None = None, on: date | None = None) -> Plan:
    """Plan what a person asked for, to appear today or `on` a later day.

    Raises NotFound for a post, decision or incident that does not exist, and Refused where nothing in the community or
    its profile supports the request.
    """
    ground = ground_for(desk, brief.language, seed, on)
    if brief.kind == "reply":
        post = _post(desk, brief)
        return _reply(desk, ground, post, _situation(post, brief.situation), _remedy(desk, remedy))
    if brief.kind == "apology":
        return _apology_brief(desk, ground, brief)
    if brief.kind == "poll":
        decision = brief.decision or _decision_about(desk, brief)
        if decision is not None:
            return _decision(desk, ground, decision)
        topic = _topic(desk, brief, ground)
        wishes = [post for post in topic.posts if post.signals.intent == "wish"]
        return plan_wishes_poll(ground, topic.name or "", wishes)
    topic = _topic(desk, brief, ground)
    if not topic.name:
        note = f"No word of members for “{brief.topic}” in “{ground.language}” was found: it stands as you wrote it."
        ground = ground._replace(notes=(*ground.notes, note))
    return plan_challenge(ground, topic.name or brief.topic, brief.format or _format(brief.topic, seed), topic.posts)


def ground_for(desk: Desk, language: str, seed: int, on: date | None = None) -> Ground:
    """What every plan is built on. A language without a phrasebook is drafted in the profile's default, with a note."""
    now = desk.now
    now = max(now, datetime.combine(on, now.timetz())) if on else now
    written = written_in(desk.profile, language)
    if written == language:
        return Ground(desk.profile, language, now, seed)
    note = f"The post is in “{language}”, which we cannot write. Drafted in “{written}”, the community's default."
    return Ground(desk.profile, written, now, seed, notes=(note,))


def written_in(profile: Profile, language: str) -> str:
    """The language of a draft about something in `language`: the same, or the default where it has no phrasebook."""
    return language if language in languages("phrasebooks") else profile.default_language


def _reply(desk: Desk, ground: Ground, post: Post, situation: Situation, remedy: Remedy | None) -> Plan:
    related = desk.matcher.similar(post) if situation in ("criticism", "question", "wish") else []
    if situation != "criticism":
        answered = _answers_to(desk, related) if situation == "question" else []
        documents = _documents(desk, post) if situation == "question" else []
        return plan_reply(ground, post, situation, Background(related=related, answered=answered, documents=documents))
    sheet = _confirmed_sheet(desk, ground, post)
    offered = remedy or (desk.matcher.remedy_for(post) if sheet is None else None)
    if offered is not None and remedy is None and _used_up(desk, ground, post, offered):
        offered = None
    past = desk.matcher.troubles_before(post)
    return plan_reply(ground, post, situation, Background(past=past, related=related, remedy=offered, sheet=sheet))


def _situation(post: Post, given: str | None) -> Situation:
    """What a post calls for: as a person says, else as its words and signals say. Raises Refused where they do not."""
    for situation in get_args(Situation):
        if given == situation:
            return cast(Situation, situation)
    if speaks_of_death(post):
        return "grief"
    if post.message.rating is not None and post.message.rating >= 4:
        return "praise"
    if is_criticism(post):
        return "criticism"
    if post.signals.intent in _SITUATIONS:
        return _SITUATIONS[post.signals.intent]
    if post.signals.sentiment == "positive":
        return "praise"
    raise Refused(
        f"It is not clear what the post “{shorten(post.message.text)}” calls for. Say what it is: "
        f"{', '.join(get_args(Situation))} (--situation on the command line)."
    )


def _confirmed_sheet(desk: Desk, ground: Ground, post: Post) -> SheetFacts | None:
    """The facts of the incident that this post belongs to, if a person has confirmed them."""
    for opportunity in desk.store.opportunities(desk.profile.id):
        if opportunity.kind == "apology" and post.message.id in opportunity.posts:
            incident = opportunity.incident or opportunity.id
            sheet = desk.sheet(incident)
            return sheet_facts(ground, incident, sheet.sheet) if sheet.confirmed_by else None
    return None


def beyond_policy(desk: Desk, plan: Plan) -> str | None:
    """Why what a plan says may not go out as things stand today: facts that changed, an offer that may not be made."""
    ground = ground_for(desk, plan.language, plan.seed)
    today: dict[str, str | None] = {}
    if plan.incident is not None:
        facts = sheet_facts(ground, plan.incident, desk.sheet(plan.incident).sheet)
        today |= {fact.evidence.id: fact.text for fact in facts[1:] if isinstance(fact, Fact) and fact.evidence}
    today |= {f"profile:remedies.{remedy.id}": ground.say(remedy.text) for remedy in desk.profile.remedies}
    said = [item for item in plan.evidence if item.id.startswith((f"sheet:{plan.incident}.", "profile:remedies."))]
    if any(today.get(item.id) != item.text for item in said):
        return "The facts or the policy have changed since this was written. Have it written again."
    remedy = next((remedy for remedy in desk.profile.remedies if remedy.id == plan.remedy), None)
    post = _answered(desk, plan)
    if remedy is not None and post is not None and _used_up(desk, ground, post, remedy):
        return (
            f"{post.author_name} was offered “{remedy.id}” as often as the policy allows: {remedy.limit_per_member} "
            f"in {remedy.within_days} days. Have it written again without it."
        )
    return None


def withdrawn(desk: Desk, plan: Plan) -> str | None:
    """Why a plan rests on what it may not rest on today: posts that are gone, or in a private channel now; a document
    that says something else, or has gone.
    """
    behind = [item.id.removeprefix("post:") for item in plan.evidence if item.id.startswith("post:")]
    there = desk.messages.get(desk.profile.id, behind)
    hidden = [p for p in there.values() if p.visibility == "private" and plan.audience == "public"]
    if count := len(set(behind)) - len(there) + len(hidden):
        return f"Posts behind this draft that are gone or private now: {count}. Have it written again, or reject it."
    quoted = {id_ for move in plan.moves for id_ in move.evidence if id_.startswith("document:")}
    pieces = desk.messages.get(desk.profile.id, [id_.removeprefix("document:") for id_ in quoted])
    now = {item.id: item.text for item in map(document_evidence, pieces.values())}
    if any(now.get(id_) != plan.evidence_by_id[id_].text for id_ in quoted):
        return "The document behind this draft has changed or gone. Have it written again, or reject it."
    return None


def plan_again(desk: Desk, plan: Plan, *, remedy: str | None = None, on: date | None = None) -> Plan:
    """The same matter on today's ground: facts may have been filled in since, a remedy chosen.

    A remedy that was planned stays, as long as it may still be offered. Raises NotFound or Refused where the ground has
    gone altogether.
    """
    matter, _, detail = plan.subject.partition(":")
    if matter == "post":
        kept = None if beyond_policy(desk, plan) else plan.remedy
        brief = Brief(kind="reply", language=plan.language, post=detail, situation=plan.situation)
        return plan_brief(desk, brief, seed=plan.seed, remedy=remedy or kept)
    if matter == "incident":
        brief = Brief(kind="apology", language=plan.language, incident=detail)
    elif matter == "decision":
        brief = Brief(kind="poll", language=plan.language, decision=detail)
    elif matter == "wishes":
        brief = Brief(kind="poll", language=plan.language, topic="" if detail == "all" else detail)
    else:
        brief = Brief(kind="challenge", language=plan.language, topic=detail, format=plan.situation)
    return plan_brief(desk, brief, seed=plan.seed, on=on)


def _answered(desk: Desk, plan: Plan) -> Post | None:
    """The post that a plan answers."""
    matter, _, id_ = plan.subject.partition(":")
    return desk.messages.get(desk.profile.id, [id_]).get(id_) if matter == "post" else None


def _used_up(desk: Desk, ground: Ground, post: Post, remedy: Remedy) -> bool:
    """Whether this member was offered the remedy as often as the policy allows. Who has no name cannot be counted."""
    if post.message.author == "anonymous":
        return False
    written = desk.messages.posts(desk.profile.id, Filters(author=post.message.author))
    subjects = [f"post:{other.message.id}" for other in written]
    since = ground.now - timedelta(days=remedy.within_days)
    return desk.store.remedies_offered(desk.profile.id, subjects, remedy.id, since) >= remedy.limit_per_member


def _answers_to(desk: Desk, related: Sequence[Passage]) -> list[Post]:
    """What the team, or else members, answered to similar questions."""
    answers: list[Post] = []
    for passage in related[:3]:
        thread = desk.messages.posts(desk.profile.id, Filters(thread=passage.post.message.thread, public_only=True))
        others = [post for post in thread if post.message.author != passage.post.message.author]
        helpful = [post for post in others if post.signals.intent == "help"]
        answers += [post for post in others if desk.profile.is_team(post.message.author)] or helpful
    return answers[:3]


def _documents(desk: Desk, post: Post) -> list[Post]:
    """What the brand's own texts say near a question, as far as those who read the post may read it."""
    filters = Filters(kind="document", public_only=post.visibility == "public")
    embedder, question = desk.understanding.embedder, post.message.full_text
    passages = search(desk.messages, desk.index, embedder, desk.profile.id, question, count=3, filters=filters)
    return [passage.post for passage in passages]


def _apology(desk: Desk, ground: Ground, incident: str, posts: Sequence[Post]) -> Plan:
    return plan_apology(ground, sheet_facts(ground, incident, desk.sheet(incident).sheet), posts, contact(ground))


def _apology_brief(desk: Desk, ground: Ground, brief: Brief) -> Plan:
    noticed = [o for o in desk.store.opportunities(desk.profile.id) if o.kind == "apology"]
    for opportunity in noticed:
        incident = opportunity.incident or opportunity.id
        if brief.incident in (None, incident):
            posts = desk.messages.get(desk.profile.id, opportunity.posts)
            return _apology(desk, ground, incident, list(posts.values()))
    known = [incident.id for incident in desk.profile.incidents]
    chosen = brief.incident or (known[0] if known else None)
    if chosen not in known:
        raise Refused(
            "There is no incident to apologise for: none was noticed, none stands under incidents: in community.yaml. "
            "Add it there with its fact sheet."
        )
    return _apology(desk, ground, str(chosen), [])


def _decision(desk: Desk, ground: Ground, id_: str) -> Plan:
    for decision in desk.profile.decisions:
        if decision.id == id_:
            return plan_decision_poll(ground, decision)
    raise NotFound(f"There is no decision “{id_}” in community.yaml.")


def _decision_about(desk: Desk, brief: Brief) -> str | None:
    """The decision of the profile whose question has all the words of the topic."""
    for decision in desk.profile.decisions:
        for language, question in decision.question.items():
            wanted = stems(brief.topic, language)
            if wanted and wanted <= stems(question, language):
                return decision.id
    return None


def _topic(desk: Desk, brief: Brief, ground: Ground) -> Topic:
    """What is asked about; without a topic, everything members wish for in the draft's language."""
    if brief.topic:
        return desk.matcher.about(brief.topic, ground.language)
    posts = desk.messages.posts(desk.profile.id, Filters(language=ground.language, public_only=True))
    return Topic(None, [post for post in reversed(posts) if not desk.profile.is_team(post.message.author)])


def _post(desk: Desk, brief: Brief) -> Post:
    if brief.post is not None:
        found = desk.messages.get(desk.profile.id, [brief.post]).get(brief.post)
        if found is None:
            raise NotFound(f"There is no post “{brief.post}” in this community.")
        return found
    if not brief.topic:
        raise Refused("Say which post to answer: its id, or a few words from it.")
    passages = search(desk.messages, desk.index, desk.understanding.embedder, desk.profile.id, brief.topic, count=10)
    for passage in passages:
        if desk.profile.is_from_member(passage.post):
            return passage.post
    raise Refused("This community has no post to answer yet. Import its history first.")


def _remedy(desk: Desk, id_: str | None) -> Remedy | None:
    for remedy in desk.profile.remedies:
        if remedy.id == id_:
            return remedy
    if id_ is not None:
        raise NotFound(f"There is no remedy “{id_}” in community.yaml.")
    return None


def _format(topic: str, seed: int) -> str:
    return FORMATS[(crc32(topic.encode()) + seed) % len(FORMATS)]
