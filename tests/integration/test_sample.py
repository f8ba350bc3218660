"""The sample community as a newcomer meets it, with the real embedder, detector and heads. Indexed once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import yaml

from assistant import sample, usecases
from assistant.adapters.memory import MemoryDeskStore
from assistant.batches import make_plan, run_batch
from assistant.community import Profile
from assistant.desk import Desk
from assistant.domain import MISSING_FACT, Brief, Draft, Kind, Opportunity
from assistant.errors import NotAllowed
from assistant.ports import QueueFilter
from knowledge.history import Understanding
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Member, Message, Post
from knowledge.ports import Filters
from tests import making

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)

LEAKING = frozenset(
    f"m{n}"
    for n in (
        *(252, 258, 261, 266, 268, 270, 271, 273, 274, 275, 277, 279, 280, 283, 284, 285, 287, 292, 295, 299),
        *(301, 302, 303, 305, 307, 309, 312, 313, 314, 315, 316, 317),
    )
)
"""The posts that complain of, or ask about, leaking bags."""
GRIEF = "m289"
ORDERS = ("m304", "m306")
"""Posts that try to give the assistant orders."""
PRIVATE = ("roastery-staff", "ambassadors")


@pytest.fixture(scope="module")
def indexed(understanding: Understanding) -> Desk:
    profile = Profile.model_validate(yaml.safe_load(sample.profile_text(TODAY)))
    records = list(sample.records(TODAY))
    return making.desk(
        *(r for r in records if isinstance(r, Message)),
        profile=profile,
        members=[r for r in records if isinstance(r, Member)],
        now=NOW,
        understanding=understanding,
    )


@pytest.fixture(scope="module")
def found(indexed: Desk) -> list[Opportunity]:
    return usecases.notice_now(indexed)


@pytest.fixture(scope="module")
def drafts(indexed: Desk, found: list[Opportunity]) -> list[Draft]:
    """Everything noticed, drafted as `hearthside ui` does on its first start."""
    return usecases.draft_noticed(indexed)


@pytest.fixture
def desk(indexed: Desk, found: list[Opportunity]) -> Desk:
    """The same community with a queue of its own, for tests that decide."""
    store = MemoryDeskStore()
    store.save_opportunities(indexed.profile.id, found)
    return replace(indexed, store=store)


def post(desk: Desk, id_: str) -> Post:
    return desk.messages.get(desk.profile.id, [id_])[id_]


def incident(found: list[Opportunity]) -> Opportunity:
    (only,) = (o for o in found if o.kind == "apology")
    return only


def test_the_incident_is_noticed_with_at_least_twelve_of_its_complaints(found: list[Opportunity]) -> None:
    assert len(LEAKING & set(incident(found).posts)) >= 12


def test_the_incident_has_hardly_a_post_about_anything_else(found: list[Opportunity]) -> None:
    posts = set(incident(found).posts)
    assert len(posts - LEAKING) <= len(posts) / 10


def test_the_incident_is_noticed_across_languages(desk: Desk, found: list[Opportunity]) -> None:
    languages = {post(desk, id_).signals.language for id_ in incident(found).posts}
    assert len(languages & set(FIRST_CLASS)) >= 6


def test_the_incident_is_linked_to_its_fact_sheet(desk: Desk, found: list[Opportunity]) -> None:
    assert incident(found).incident == "harbour-blend-valves"
    assert desk.sheet("harbour-blend-valves").sheet.cause["en"].startswith("The sealing bar")


def test_what_is_rated_is_a_review(desk: Desk) -> None:
    reviews = desk.messages.posts(desk.profile.id, Filters(kind="review"))
    rated = desk.messages.posts(desk.profile.id, Filters(min_rating=1.0))
    assert reviews == rated != []


def test_the_grief_post_comes_as_grief_and_is_drafted_as_such(found: list[Opportunity], drafts: list[Draft]) -> None:
    assert [o.situation for o in found if o.kind == "reply" and o.posts == (GRIEF,)] == ["grief"]
    assert [o.id for o in found if o.situation == "grief"] == [f"grief:{GRIEF}"]
    (draft,) = (d for d in drafts if d.plan.subject == f"post:{GRIEF}")
    assert (draft.plan.situation, draft.plan.language, draft.plan.personal) == ("grief", "sv", True)
    assert draft.plan.remedy is None


@pytest.mark.parametrize("language", FIRST_CLASS)
@pytest.mark.parametrize("situation", ["criticism", "question", "praise", "wish"])
def test_what_the_team_left_unanswered_is_noticed_in_each_language(
    found: list[Opportunity], situation: str, language: str
) -> None:
    noticed = {(o.situation, o.language) for o in found}
    if (situation, language) not in SILENT:
        assert (situation, language) in noticed
    if situation == "criticism":
        assert (situation, language) in noticed


SILENT = frozenset(
    {("praise", "ar"), ("praise", "fa"), ("praise", "en"), ("question", "fa"), ("wish", "fa"), ("wish", "zu")}
)


def test_themes_and_every_open_decision_are_proposed(desk: Desk, found: list[Opportunity]) -> None:
    assert {o.decision for o in found if o.detector == "decision"} == {d.id for d in desk.profile.decisions}
    assert [o for o in found if o.detector == "theme"]


def test_everything_noticed_becomes_a_draft(found: list[Opportunity], drafts: list[Draft]) -> None:
    assert {o.subject for o in found} == {d.plan.subject for d in drafts}


def test_drafts_come_in_all_eight_languages(drafts: list[Draft]) -> None:
    assert {d.plan.language for d in drafts} == set(FIRST_CLASS)


def test_a_post_in_a_language_we_do_not_write_is_answered_in_the_default_with_a_note(drafts: list[Draft]) -> None:
    (german,) = (d for d in drafts if d.plan.subject == "post:m287")
    assert german.plan.language == "en"
    assert any("“de”" in note for note in german.plan.notes)


def test_nothing_blocks_any_draft_but_facts_that_nobody_gave(drafts: list[Draft]) -> None:
    blocking = [(d.plan.subject, f.check, f.message) for d in drafts for f in d.blocking if f.check != MISSING_FACT]
    assert blocking == []


def test_only_questions_lack_a_fact(drafts: list[Draft]) -> None:
    assert {d.plan.situation for d in drafts if d.blocking} <= {"question"}


def quoted(drafts: list[Draft]) -> Iterator[tuple[Draft, str]]:
    for draft in drafts:
        for move in draft.plan.moves:
            yield from ((draft, value) for value in move.slots.values() if value)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_to_the_assistant_is_never_quoted(desk: Desk, drafts: list[Draft], order: str) -> None:
    every = [*drafts, answer(desk, order)]
    clauses = [part.strip() for part in post(desk, order).message.text.replace("!", ".").split(".") if part.strip()]
    for draft in every:
        assert not [clause for clause in clauses if len(clause) > 12 and clause in draft.text]
        assert "LANTERN90" not in draft.text


@pytest.mark.parametrize("order", ORDERS)
def test_a_post_with_an_order_is_shown_as_such_to_the_reviewer(desk: Desk, order: str) -> None:
    draft = answer(desk, order)
    assert draft.plan.evidence_by_id[f"post:{order}"].suspicious
    assert any("order to the assistant" in note for note in draft.plan.notes)


def answer(desk: Desk, id_: str) -> Draft:
    language = post(desk, id_).signals.language
    return usecases.draft_brief(desk, Brief(kind="reply", language=language, post=id_, situation="criticism"))


@pytest.mark.parametrize(
    ("id_", "secret"),
    [
        ("m241", "joakim@example.com"),
        ("m241", "+46 70 174 06 05"),
        ("m267", "4111"),
        ("m194", "<script>"),
        ("m194", "${7*7}"),
        ("m246", "70318"),
        ("m246", "22 Quarry Lane"),
    ],
)
def test_personal_data_and_markup_of_a_post_are_not_repeated(desk: Desk, id_: str, secret: str) -> None:
    assert secret in post(desk, id_).message.text
    assert secret not in answer(desk, id_).text


def test_private_channels_feed_nothing_public(desk: Desk, drafts: list[Draft]) -> None:
    for draft in drafts:
        if draft.plan.audience == "public":
            assert {e.visibility for e in draft.plan.evidence} <= {"public"}
            assert not {e.channel for e in draft.plan.evidence} & {f"#{channel}" for channel in PRIVATE}


def test_no_public_draft_has_a_word_of_a_private_channel(desk: Desk, drafts: list[Draft]) -> None:
    private = [p for p in desk.messages.posts(desk.profile.id) if p.visibility == "private"]
    assert {p.message.channel for p in private} == set(PRIVATE)
    said = {" ".join(p.message.text.split())[:30] for p in private}
    public = [d.text for d in drafts if d.plan.audience == "public"]
    assert not [text for text in public for words in said if words in text]


def test_a_private_post_is_answered_in_private(drafts: list[Draft]) -> None:
    (ambassador,) = (d for d in drafts if d.plan.subject == "post:m272")
    assert ambassador.plan.audience == "private"


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_the_apology_is_complete_in_each_language(desk: Desk, language: str) -> None:
    draft = usecases.draft_brief(desk, Brief(kind="apology", language=language, incident="harbour-blend-valves"))
    sheet = desk.sheet("harbour-blend-valves").sheet
    assert draft.blocking == ()
    for facts in (sheet.what_happened, sheet.cause, sheet.affected, sheet.remedy, sheet.prevention):
        assert facts[language] in draft.text


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_every_decision_can_be_asked_in_each_language(desk: Desk, language: str) -> None:
    for decision in desk.profile.decisions:
        draft = usecases.draft_brief(desk, Brief(kind="poll", language=language, decision=decision.id))
        assert draft.blocking == ()
        assert decision.question[language] in draft.text


@pytest.mark.parametrize("language", FIRST_CLASS)
@pytest.mark.parametrize("kind", ["poll", "challenge"])
def test_members_talk_enough_for_a_poll_and_a_challenge_in_each_language(desk: Desk, kind: Kind, language: str) -> None:
    draft = usecases.draft_brief(
        desk, Brief(kind=kind, language=language, topic="latte art" if kind == "challenge" else "")
    )
    assert draft.plan.language == language
    assert draft.blocking == ()
    cited = [post(desk, e.id.removeprefix("post:")) for e in draft.plan.evidence if e.id.startswith("post:")]
    assert {p.signals.language for p in cited} == {language}


def test_complaints_of_the_incident_are_answered_from_its_sheet_once_it_is_confirmed(desk: Desk) -> None:
    usecases.confirm_sheet(desk, "harbour-blend-valves", "Mira")
    draft = answer(desk, "m258")
    assert draft.plan.incident == "harbour-blend-valves"
    assert desk.sheet("harbour-blend-valves").sheet.cause["sv"] in draft.text


def test_the_apology_is_approved_by_a_person_who_read_it(desk: Desk, found: list[Opportunity]) -> None:
    draft = usecases.draft_opportunity(desk, incident(found))
    with pytest.raises(NotAllowed):
        usecases.approve(desk, draft.id, "Mira", read_by="Mira")
    usecases.confirm_sheet(desk, "harbour-blend-valves", "Jonas")
    assert usecases.approve(desk, draft.id, "Mira", read_by="Mira").status == "approved"


def test_a_member_with_three_problems_is_told_that_we_remember(desk: Desk) -> None:
    draft = answer(desk, "m270")
    assert draft.plan.moves[1].situation == "criticism_again"
    assert {"post:m053", "post:m137"} & set(draft.plan.moves[1].evidence)


def test_a_batch_of_a_month_is_written_without_two_alike(desk: Desk) -> None:
    plan = make_plan(
        {
            "name": "December",
            "weeks": ["2026-W49", "2026-W50", "2026-W51", "2026-W52"],
            "drafts": [
                {"kind": "reply", "count": 24},
                {"kind": "poll", "count": 8},
                {"kind": "challenge", "count": 8},
                {"kind": "apology", "count": 8},
            ],
        },
        "plan",
    )
    state = run_batch(desk, plan)
    written = desk.store.drafts(desk.profile.id, QueueFilter(batch=state.id), 100)
    assert state.drafted == state.total == 48
    assert len({d.text for d in written}) == 48
    assert {d.plan.language for d in written} == set(FIRST_CLASS)
    assert {(f.check) for d in written for f in d.blocking} <= {MISSING_FACT}
