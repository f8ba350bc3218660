"""What the phrasebook writes passes every check, in every language and form, for every kind and situation.

With the real detector, the profile of the sample community, and plans by the real planners.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import get_args

import pytest
import yaml

from assistant import checking, sample
from assistant.community import Profile, Sheet
from assistant.domain import MISSING_FACT, Plan, Segment, Situation
from assistant.planning.apology import plan_apology, sheet_facts
from assistant.planning.building import Ground
from assistant.planning.challenge import plan_challenge
from assistant.planning.poll import plan_decision_poll, plan_wishes_poll
from assistant.planning.reply import Background, contact, plan_reply
from assistant.writing.phrasebook import PhrasebookWriter
from knowledge.languages import Detection, LanguageModel
from knowledge.messages import Post
from prompts.files import languages as languages_of
from prompts.phrasebook import FORMATS, SLOTS, Form, phrasebook
from tests.making import NOW, post
from tests.unit.assistant.planted import MEMBERS

FORMS = [(language, form) for language in languages_of("phrasebooks") for form in phrasebook(language).forms]
SITUATIONS: tuple[Situation, ...] = get_args(Situation)
WRITER = PhrasebookWriter()
UNPLANNED = {("reply", "thank", "question")}
"""Phrases that no planner asks for."""


@cache
def community(form: Form) -> Profile:
    given = yaml.safe_load(sample.profile_text(date(2026, 12, 1)))
    return Profile.model_validate({**given, "voice": {"form_of_address": form}})


def ground(language: str, form: Form) -> Ground:
    return Ground(community(form), language, NOW)


def wishes(language: str) -> list[Post]:
    return [
        post(f"w{n}", text, author=f"member{n}", language=language, intent="wish")
        for n, text in enumerate(MEMBERS[language].wishes, 1)
    ]


def replies(language: str, form: Form) -> Iterator[Plan]:
    words = MEMBERS[language]
    texts = {"grief": words.grief, "praise": words.praise, "question": words.question, "wish": words.wishes[0]}
    on = ground(language, form)
    for situation in SITUATIONS:
        to = post(text=texts.get(situation, words.criticism), language=language, author_name="Noor")
        yield plan_reply(on, to, situation, Background())
    to = post(text=words.criticism, language=language, author="anonymous")
    for remedy in on.profile.remedies:
        yield plan_reply(on, to, "criticism", Background(past=[post("m0")], remedy=remedy))
    incident = on.profile.incidents[0]
    yield plan_reply(on, to, "criticism", Background(sheet=sheet_facts(on, incident.id, incident.sheet)))


def others(language: str, form: Form) -> Iterator[Plan]:
    on = ground(language, form)
    incident = on.profile.incidents[0]
    yield plan_apology(on, sheet_facts(on, incident.id, incident.sheet), wishes(language), contact(on))
    for decision in on.profile.decisions:
        yield plan_decision_poll(on, decision)
    topic = MEMBERS[language].topic
    yield plan_wishes_poll(on, topic, wishes(language))
    yield plan_wishes_poll(on, "", wishes(language))
    without_goals = on._replace(profile=on.profile.model_copy(update={"goals": ()}))
    for format_ in FORMATS:
        yield plan_challenge(on, topic, format_, wishes(language))
    yield plan_challenge(without_goals, topic, FORMATS[0], wishes(language))


def complaints(plan: Plan, segments: tuple[Segment, ...], form: Form, languages: LanguageModel) -> list[str]:
    """What blocks, but for the gaps of facts that are really missing."""
    profile = community(form)

    def detect(text: str) -> Detection:
        return languages.detect(text, expected=(plan.language, *profile.languages))

    lacking = {move.id for move in plan.moves if move.missing}
    return [
        f"{finding.check} {finding.move}: {finding.message}"
        for finding in checking.check(plan, segments, profile, detect)
        if finding.severity == "block" and not (finding.check == MISSING_FACT and finding.move in lacking)
    ]


def barren(language: str, form: Form) -> Iterator[Plan]:
    """Plans on a profile that says next to nothing, about a post that cannot be quoted."""
    on = ground(language, form)
    bare = Profile(id="bare", name="Bare", languages=on.profile.languages, voice=on.profile.voice)
    on = on._replace(profile=bare)
    yield plan_reply(on, post(text="👍", language=language), "criticism", Background())
    yield plan_apology(on, sheet_facts(on, "none", Sheet()), [], contact(on))
    yield plan_wishes_poll(on, "", wishes(language))
    yield plan_challenge(on, MEMBERS[language].topic, FORMATS[1], wishes(language))


def attempts(plan: Plan) -> int:
    """As many as it takes to say every phrase."""
    book = phrasebook(plan.language)
    keys = [(plan.kind, move.name, move.situation) for move in plan.moves]
    return max(len(book.phrases[key]) for key in keys if key in SLOTS)


@pytest.mark.parametrize(("language", "form"), FORMS)
@pytest.mark.parametrize("plans", [replies, others, barren])
def test_every_draft_of_the_phrasebook_passes_every_check(
    language: str, form: Form, plans: Callable[[str, Form], Iterator[Plan]], languages: LanguageModel
) -> None:
    for plan in plans(language, form):
        for attempt in range(attempts(plan)):
            segments = tuple(WRITER.write(plan, plan.moves, attempt=attempt).segments.values())
            assert complaints(plan, segments, form, languages) == [], (plan.kind, plan.situation, attempt)


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_on_a_full_profile_only_the_answer_to_a_question_is_missing(language: str, form: Form) -> None:
    plans = [*replies(language, form), *others(language, form)]
    assert {gap for plan in plans for move in plan.moves for gap in move.missing} == {"answer"}


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_every_situation_of_the_contract_is_among_these_drafts(language: str, form: Form) -> None:
    plans = [*replies(language, form), *others(language, form)]
    planned = {(plan.kind, move.name, move.situation) for plan in plans for move in plan.moves}
    assert SLOTS.keys() - planned <= UNPLANNED
