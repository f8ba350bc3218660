"""A small community in memory for each case: the sample's profile, the case's posts, the real understanding."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import yaml

from assistant import sample
from assistant.adapters.memory import MemoryDeskStore
from assistant.community import Profile
from assistant.desk import Desk
from assistant.domain import Brief, Opportunity, Plan
from assistant.errors import BadPlan
from assistant.gathering import plan_brief
from assistant.ports import FactSheet, Writer
from evals.cases import Case, CasePost
from knowledge.adapters.memory import MemoryIndex, MemoryMessageStore
from knowledge.history import Understanding, index_pending
from knowledge.messages import Member, Message

TODAY = date(2026, 12, 1)
"""The day on which all cases play, so that runs can be compared."""
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
_CHANNEL = {"public": "general", "private": "roastery-staff"}


def make_desk(case: Case, understanding: Understanding, writer: Writer) -> Desk:
    """A desk on which this case lies. Raises BadPlan for a post that the sample does not have."""
    profile = sample_profile()
    messages, index, store = MemoryMessageStore(), MemoryIndex(), MemoryDeskStore()
    messages.save(
        profile.id,
        messages=[_message(post) for post in case.posts],
        members=_members(),
        channels=profile.ruled_channels({}),
    )
    index_pending(messages, index, understanding, profile.id, languages=profile.languages)
    if case.incident is not None:
        store.save_opportunities(profile.id, [_noticed(case)])
        known = {incident.id: incident.sheet for incident in profile.incidents}
        if case.incident in known:
            sheet = FactSheet(incident=case.incident, sheet=known[case.incident], confirmed_by="Mira", confirmed_at=NOW)
            store.save_sheet(profile.id, sheet)
    return Desk(
        profile=profile,
        messages=messages,
        index=index,
        store=store,
        understanding=understanding,
        clock=lambda: NOW,
        writer=writer,
    )


def make_plan(case: Case, desk: Desk, seed: int) -> Plan:
    """Plan what the case asks for. Raises Refused where the case holds nothing to ground a draft on."""
    brief = Brief(
        kind=case.kind,
        language=case.language,
        topic=case.topic,
        post=case.answer,
        situation=case.situation,
        decision=case.decision,
        incident=case.incident if case.kind == "apology" else None,
        format=case.format,
    )
    return plan_brief(desk, brief, seed=seed)


@lru_cache
def sample_profile() -> Profile:
    """The sample community's profile on the day of the cases."""
    return Profile.model_validate(yaml.safe_load(sample.profile_text(TODAY)))


@lru_cache
def _sample() -> dict[str, Message]:
    return {record.id: record for record in sample.records(TODAY) if isinstance(record, Message)}


@lru_cache
def _members() -> tuple[Member, ...]:
    return tuple(record for record in sample.records(TODAY) if isinstance(record, Member))


def _message(post: CasePost | str) -> Message:
    if isinstance(post, str):
        if post not in _sample():
            raise BadPlan(f"The sample community has no post “{post}”.")
        return _sample()[post].model_copy(update={"reply_to": None, "thread": post})
    return Message(
        id=post.id,
        channel=_CHANNEL[post.visibility],
        author=post.author,
        text=post.text,
        at=NOW - timedelta(days=post.days_ago),
        thread=post.reply_to or post.id,
        reply_to=post.reply_to,
        rating=post.rating,
    )


def _noticed(case: Case) -> Opportunity:
    ids = tuple(post if isinstance(post, str) else post.id for post in case.posts)
    return Opportunity(
        id=f"incident:{ids[0] if ids else 'none'}",
        detector="incident",
        kind="apology",
        situation="incident",
        title="Many complain of the same",
        why="Made for a case.",
        language=case.language,
        posts=ids,
        at=NOW,
        incident=case.incident,
    )
