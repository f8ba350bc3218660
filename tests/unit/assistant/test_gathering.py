from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assistant import usecases
from assistant.community import Profile
from assistant.desk import Desk
from assistant.domain import Brief, Opportunity, Plan, Situation
from assistant.errors import NotFound, Refused
from assistant.gathering import ground_for, plan_brief, plan_opportunity
from knowledge.adapters.memory import ScriptedLanguages
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Member, Message
from prompts.phrasebook import FORMATS
from tests import making
from tests.making import NOW, message

LEAK = "The bag leaks at the seam"
SMALL_TALK = (
    message("t0", "Lovely wonderful superb espresso today.", author="u0"),
    message("t1", "How does anybody clean a grinder?", author="u1"),
    message("t2", "Please sell decaf for the evening.", author="u2"),
    message("t3", "Rain again in town.", author="u3"),
)


def make(*messages: Message, profile: Profile | None = None, members: tuple[Member, ...] = ()) -> Desk:
    return making.desk(*messages, *SMALL_TALK, profile=profile, members=members)


def reply(desk: Desk, post: str = "m1", situation: str | None = "criticism", **changes: Any) -> Plan:
    return plan_brief(desk, Brief(kind="reply", language="en", post=post, situation=situation), **changes)


def noticed(kind: Any = "reply", **changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": f"{kind}:1",
        "detector": "x",
        "kind": kind,
        "situation": "criticism",
        "title": "",
        "why": "",
        "language": "en",
        "at": NOW,
    }
    return Opportunity(**{**values, **changes})


def names(plan: Plan) -> list[str]:
    return [move.name for move in plan.moves]


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_language_that_we_write_is_written(language: str) -> None:
    ground = ground_for(making.desk(), language, seed=1)
    assert (ground.language, ground.notes) == (language, ())


@pytest.mark.parametrize("language", ["de", "und", "xx"])
def test_any_other_language_is_answered_in_the_default_and_the_reviewer_is_told(language: str) -> None:
    ground = ground_for(making.desk(profile=making.profile(default_language="sv")), language, seed=1)
    assert ground.language == "sv"
    assert f"“{language}”" in ground.notes[0]
    assert "“sv”" in ground.notes[0]


def test_an_opportunity_to_answer_is_planned_for_its_post() -> None:
    plan = plan_opportunity(make(message()), noticed(posts=("m1",)), seed=3)
    assert (plan.kind, plan.subject, plan.situation, plan.language, plan.seed) == (
        "reply",
        "post:m1",
        "criticism",
        "en",
        3,
    )


def test_an_opportunity_can_be_planned_in_another_language() -> None:
    assert plan_opportunity(make(message()), noticed(posts=("m1",)), language="sv").language == "sv"


def test_a_post_that_is_gone_cannot_be_answered() -> None:
    with pytest.raises(NotFound, match="m9 is not in this community any more"):
        plan_opportunity(make(), noticed(posts=("m9",)))


def test_an_incident_is_planned_as_an_apology_with_its_posts_as_evidence() -> None:
    desk = make(message("m1", LEAK), message("m2", LEAK, author="bo"))
    plan = plan_opportunity(desk, noticed("apology", posts=("m1", "m2"), incident="leaks"))
    assert (plan.kind, plan.incident, plan.subject) == ("apology", "leaks", "incident:leaks")
    assert {"post:m1", "post:m2", "sheet:leaks.cause"} <= plan.evidence_by_id.keys()


def test_an_incident_whose_posts_are_gone_is_still_apologised_for() -> None:
    plan = plan_opportunity(make(), noticed("apology", posts=("m9",), incident="leaks"))
    assert plan.moves[0].slots["what_happened"] == "Bags from last week leak at the seam."


def test_an_unknown_incident_has_gaps_where_its_facts_should_be() -> None:
    plan = plan_opportunity(make(), noticed("apology", id="incident:m9", posts=("m9",)))
    assert plan.incident == "incident:m9"
    assert plan.moves[0].missing == ("what_happened",)


def test_a_decision_is_planned_as_a_poll() -> None:
    plan = plan_opportunity(make(), noticed("poll", decision="size"))
    assert [m.slots["text"] for m in plan.moves if m.name == "option"] == ["Small", "Large"]


def test_a_theme_is_planned_as_a_challenge_from_its_posts_in_that_language() -> None:
    english = message("m1", "My milk foam turned out silky.")
    swedish = message("m2", "Mitt skum är mjukt som milk foam.", author="bo")
    understanding = making.understanding()._replace(languages=ScriptedLanguages({"mitt": "sv"}))
    desk = making.desk(english, swedish, understanding=understanding)
    theme = noticed("challenge", topic="milk foam", posts=("m1", "m2"))
    assert quotes(plan_opportunity(desk, theme)) == ["My milk foam turned out silky"]
    assert quotes(plan_opportunity(desk, theme, language="sv")) == ["Mitt skum är mjukt som milk foam"]


def quotes(plan: Plan) -> list[str | None]:
    return [move.slots["quote"] for move in plan.moves if move.name == "why"]


@pytest.mark.parametrize("situation", ["criticism", "praise", "question", "wish", "grief"])
def test_the_situation_that_a_person_names_is_taken(situation: Situation) -> None:
    assert reply(make(message()), situation=situation).situation == situation


@pytest.mark.parametrize(
    ("text", "rating", "expected"),
    [
        ("Lovely wonderful superb coffee.", None, "praise"),
        ("Thanks, thank you all.", None, "praise"),
        ("How does anybody know what to do?", None, "question"),
        ("I wish you could sell and add decaf, please.", None, "wish"),
        ("It leaks, broken and late.", None, "criticism"),
        ("It leaks, broken and late.", 5, "praise"),
        ("Lovely wonderful superb coffee.", 1, "criticism"),
        ("My father passed away on Friday, and it leaks.", None, "grief"),
    ],
)
def test_otherwise_the_post_tells_its_situation(text: str, rating: float | None, expected: str) -> None:
    assert reply(make(message(text=text, rating=rating)), situation=None).situation == expected


def test_where_the_post_does_not_tell_a_person_must() -> None:
    with pytest.raises(Refused, match=r"not clear what the post “Rain in town\.” calls for.*--situation"):
        reply(make(message(text="Rain in town.")), situation=None)
    assert reply(make(message(text="Rain in town.")), situation="praise").situation == "praise"


def test_an_unknown_post_cannot_be_answered() -> None:
    with pytest.raises(NotFound, match="no post “m9”"):
        reply(make(), "m9")


def test_a_post_is_found_by_a_few_words_from_it() -> None:
    plan = plan_brief(make(message()), Brief(kind="reply", language="en", topic="clean the grinder"))
    assert plan.subject == "post:t1"


def test_posts_of_the_team_and_of_bots_are_not_what_is_answered() -> None:
    posts = [
        message("m1", "Descale the kettle.", author="maja"),
        message("m2", "Descale the kettle.", author="bot"),
        message("m3", "Descale the kettle, then rinse.", author="bo"),
    ]
    desk = make(*posts, members=(Member(id="bot", name="Bot", is_bot=True),))
    plan = plan_brief(desk, Brief(kind="reply", language="en", topic="descale the kettle", situation="praise"))
    assert plan.subject == "post:m3"


def test_without_a_post_or_words_there_is_nothing_to_answer() -> None:
    with pytest.raises(Refused, match="Say which post"):
        plan_brief(make(), Brief(kind="reply", language="en"))


def test_an_empty_community_has_no_post_to_answer() -> None:
    with pytest.raises(Refused, match="Import its history"):
        plan_brief(making.desk(), Brief(kind="reply", language="en", topic="grinder"))


def test_the_remedy_that_covers_a_complaint_is_offered() -> None:
    plan = reply(make(message(text=LEAK)))
    assert plan.remedy == "new-bag"
    assert plan.move("m5").slots == {"remedy": "A new bag is sent at our cost."}


def test_without_a_fitting_remedy_none_is_offered_and_the_member_is_asked() -> None:
    plan = reply(make(message(text="Your app forgets my basket.")))
    assert plan.remedy is None
    assert "repair" not in names(plan)
    assert "question" in names(plan)


def approve_offer(desk: Desk, post: str = "m1") -> None:
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post=post, situation="criticism"))
    usecases.approve(desk, draft.id, "Maja")


def test_a_remedy_is_offered_no_more_often_than_the_policy_allows() -> None:
    desk = make(message("m1", LEAK), message("m2", LEAK))
    approve_offer(desk)
    assert reply(desk, "m2").remedy is None


def test_an_offer_that_nobody_approved_uses_nothing_up() -> None:
    desk = make(message("m1", LEAK), message("m2", LEAK))
    usecases.draft_brief(desk, Brief(kind="reply", language="en", post="m1", situation="criticism"))
    assert reply(desk, "m2").remedy == "new-bag"


def test_what_one_member_was_offered_is_not_held_against_another() -> None:
    desk = make(message("m1", LEAK), message("m2", LEAK, author="bo"))
    approve_offer(desk)
    assert reply(desk, "m2").remedy == "new-bag"


def test_one_remedy_used_up_leaves_the_others() -> None:
    desk = make(message("m1", LEAK), message("m2", "The parcel was late"))
    approve_offer(desk)
    assert reply(desk, "m2").remedy == "shipping"


def test_a_policy_that_allows_two_allows_two() -> None:
    remedies = [{**making.profile().remedies[0].model_dump(), "limit_per_member": 2}]
    desk = make(*(message(f"m{n}", LEAK) for n in range(3)), profile=making.profile(remedies=remedies))
    approve_offer(desk, "m0")
    assert reply(desk, "m1").remedy == "new-bag"
    approve_offer(desk, "m1")
    assert reply(desk, "m2").remedy is None


@pytest.mark.parametrize(("days", "offered"), [(9, None), (11, "new-bag")])
def test_an_offer_counts_for_as_many_days_as_the_policy_says(days: int, offered: str | None) -> None:
    remedies = [{**making.profile().remedies[0].model_dump(), "within_days": 10}]
    desk = make(message("m1", LEAK), message("m2", LEAK), profile=making.profile(remedies=remedies))
    approve_offer(desk)
    later = replace(desk, clock=lambda: NOW + timedelta(days=days))
    assert reply(later, "m2").remedy == offered


def test_a_person_may_offer_more_than_the_policy_would_by_itself() -> None:
    desk = make(message("m1", LEAK), message("m2", LEAK))
    approve_offer(desk)
    assert reply(desk, "m2", remedy="new-bag").remedy == "new-bag"


def test_a_remedy_that_does_not_exist_cannot_be_offered() -> None:
    with pytest.raises(NotFound, match="no remedy “holiday”"):
        reply(make(message()), remedy="holiday")


def in_incident(desk: Desk, *, confirmed: bool) -> Desk:
    desk.store.save_opportunities("club", [noticed("apology", posts=("m1",), incident="leaks")])
    if confirmed:
        usecases.confirm_sheet(desk, "leaks", "Maja")
    return desk


def test_a_complaint_of_a_confirmed_incident_is_answered_from_its_sheet() -> None:
    plan = reply(in_incident(make(message("m1", LEAK)), confirmed=True))
    assert (plan.incident, plan.remedy) == ("leaks", None)
    assert {"own", "explain", "repair"} <= set(names(plan))
    assert "We send a new bag at our cost." in [m.slots.get("remedy") for m in plan.moves]


def test_before_the_sheet_is_confirmed_nothing_of_it_is_said() -> None:
    plan = reply(in_incident(make(message("m1", LEAK)), confirmed=False))
    assert plan.incident is None
    assert not {"own", "explain"} & set(names(plan))


def test_a_complaint_outside_the_incident_is_not_answered_from_its_sheet() -> None:
    desk = in_incident(make(message("m1", LEAK), message("m2", "The parcel was late", author="bo")), confirmed=True)
    assert reply(desk, "m2").incident is None


def test_a_member_who_had_trouble_before_is_told_that_we_know() -> None:
    desk = make(message("old", "It leaks and it was late.", at=NOW - timedelta(days=20)), message("m1", LEAK))
    plan = reply(desk)
    assert plan.moves[1].situation == "criticism_again"
    assert "post:old" in plan.moves[1].evidence


def test_what_others_wrote_about_the_same_is_shown_to_the_reviewer() -> None:
    plan = reply(make(message("m1", LEAK), message("m2", LEAK, author="bo")))
    assert "post:m2" in plan.evidence_by_id
    assert any("something similar: 1" in note for note in plan.notes)


@pytest.mark.parametrize("situation", ["criticism", "question", "wish"])
def test_private_channels_feed_no_public_answer(situation: str) -> None:
    desk = make(message("m1", LEAK), message("m2", LEAK, author="bo", channel="staff"))
    assert "post:m2" not in reply(desk, situation=situation).evidence_by_id


def test_earlier_trouble_told_in_private_is_not_brought_up_in_public() -> None:
    past = message("old", "It leaks and it was late.", at=NOW - timedelta(days=20), channel="staff")
    plan = reply(make(past, message("m1", LEAK)))
    assert plan.moves[1].situation == "criticism"
    assert "post:old" not in plan.evidence_by_id


def answered(*answers: Message) -> Plan:
    asked = message("q0", "How does anybody clean below the grinder?", author="gil")
    desk = make(message("m1", "How does anybody clean below the grinder burrs?"), asked, *answers)
    return reply(desk, situation="question")


def answer(id_: str, author: str, text: str = "Use a brush for it.", **changes: Any) -> Message:
    return message(id_, text, **{"author": author, "reply_to": "q0", **changes})


def evidence_of_answer(plan: Plan) -> tuple[str, ...]:
    return next(move.evidence for move in plan.moves if move.name == "explain")


def test_a_question_is_answered_from_what_the_team_answered_before() -> None:
    plan = answered(answer("a1", "maja"), answer("a2", "bo", "Try a cloth instead because it worked."))
    assert evidence_of_answer(plan) == ("post:a1",)


def test_where_the_team_did_not_answer_the_helpful_members_did() -> None:
    plan = answered(answer("a1", "cyd", "Same here."), answer("a2", "bo", "Try a cloth instead because it worked."))
    assert evidence_of_answer(plan) == ("post:a2",)


def test_an_answer_given_in_private_is_not_shown_for_a_public_question() -> None:
    assert evidence_of_answer(answered(answer("a1", "maja", channel="staff"))) == ()


def test_an_answer_is_never_made_up() -> None:
    move = next(m for m in answered(answer("a1", "maja")).moves if m.name == "explain")
    assert move.missing == ("answer",)


def apology(desk: Desk, incident: str | None = None) -> Plan:
    return plan_brief(desk, Brief(kind="apology", language="en", incident=incident))


def test_an_apology_is_for_the_incident_that_was_noticed() -> None:
    desk = make(message("m1", LEAK), profile=making.profile(incidents=[]))
    desk.store.save_opportunities("club", [noticed("apology", id="incident:m1", posts=("m1",))])
    plan = apology(desk)
    assert plan.incident == "incident:m1"
    assert "post:m1" in plan.evidence_by_id


def test_an_incident_that_is_known_but_was_not_noticed_can_be_apologised_for() -> None:
    assert apology(make()).incident == apology(make(), "leaks").incident == "leaks"


def test_the_incident_that_is_named_wins_over_the_one_that_was_noticed() -> None:
    desk = make(message("m1", LEAK))
    desk.store.save_opportunities("club", [noticed("apology", id="incident:m1", posts=("m1",))])
    assert apology(desk, "leaks").incident == "leaks"


@pytest.mark.parametrize(("incidents", "named"), [([], None), (None, "flood")])
def test_without_an_incident_there_is_nothing_to_apologise_for(incidents: list[Any] | None, named: str | None) -> None:
    profile = making.profile() if incidents is None else making.profile(incidents=incidents)
    with pytest.raises(Refused, match="no incident to apologise for"):
        apology(make(profile=profile), named)


def poll(desk: Desk, topic: str = "", language: str = "en", decision: str | None = None) -> Plan:
    return plan_brief(desk, Brief(kind="poll", language=language, topic=topic, decision=decision))


def test_a_poll_asks_the_decision_that_is_named() -> None:
    assert poll(make(), decision="size").subject == "decision:size"


def test_a_decision_that_does_not_exist_cannot_be_asked() -> None:
    with pytest.raises(NotFound, match="no decision “colour”"):
        poll(make(), decision="colour")


def test_a_topic_that_a_decision_is_about_asks_that_decision() -> None:
    assert poll(make(), "which size").subject == "decision:size"
    assert poll(make(), "storlek", "sv").subject == "decision:size"


WISHES = (
    message("w1", "Please sell smaller bags, I wish you could.", author="a"),
    message("w2", "You could please add a grinder rental, I wish.", author="b"),
    message("w3", "Please sell a hand grinder and add finer steps, I wish.", author="c"),
)


def test_a_poll_without_a_topic_asks_about_all_wishes_of_members() -> None:
    plan = poll(make(*WISHES, message("w4", "I wish you could please sell or add tea.", author="maja")))
    asked = {e for move in plan.moves if move.name == "option" for e in move.evidence}
    assert plan.subject == "wishes:all"
    assert {"post:w1", "post:w2", "post:w3"} <= asked
    assert "post:w4" not in asked


def test_a_poll_about_a_topic_asks_about_the_wishes_for_it() -> None:
    plan = poll(make(*WISHES), "grinder")
    asked = {e for move in plan.moves if move.name == "option" for e in move.evidence}
    assert plan.subject == "wishes:grinder"
    assert {"post:w2", "post:w3"} <= asked


def test_wishes_from_private_channels_are_not_asked_about() -> None:
    hidden = [wish.model_copy(update={"channel": "staff"}) for wish in WISHES]
    with pytest.raises(Refused, match="needs two wishes"):
        poll(making.desk(*hidden))


def test_with_neither_decision_nor_wishes_there_is_no_poll() -> None:
    with pytest.raises(Refused, match=r"community\.yaml, choose another topic, or import more"):
        poll(make(*WISHES), "umbrellas")


def challenge(desk: Desk, topic: str, format_: str | None = None, seed: int = 0) -> Plan:
    return plan_brief(desk, Brief(kind="challenge", language="en", topic=topic, format=format_), seed=seed)


FOAM = message("f1", "My milk foam turned out silky this morning.", author="a")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_challenge_takes_the_format_that_is_asked_for(format_: str) -> None:
    assert challenge(make(FOAM), "milk foam", format_).situation == format_


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="show_your"):
        challenge(make(FOAM), "milk foam", "karaoke")


def test_otherwise_the_seed_chooses_the_format_and_every_format_gets_its_turn() -> None:
    desk = make(FOAM)
    chosen = [challenge(desk, "milk foam", seed=seed).situation for seed in range(4)]
    assert sorted(chosen) == sorted(FORMATS)
    assert [challenge(desk, "milk foam", seed=seed).situation for seed in range(4)] == chosen


@pytest.mark.parametrize("topic", ["", "umbrellas"])
def test_a_challenge_about_what_nobody_wrote_is_refused(topic: str) -> None:
    with pytest.raises(Refused, match="Nobody wrote about"):
        challenge(make(FOAM), topic)


def test_a_private_channel_feeds_no_challenge() -> None:
    with pytest.raises(Refused, match="Nobody wrote about"):
        challenge(make(FOAM.model_copy(update={"channel": "staff"})), "milk foam")


def test_a_challenge_about_what_has_no_name_in_that_language_says_what_was_asked_for() -> None:
    understanding = making.understanding()._replace(languages=ScriptedLanguages({"młynek": "pl"}))
    english = message("e1", "A grinder: Ember espresso burrs", author="a")
    polish = message("p1", "Mój młynek: Ember espresso burrs", author="b")
    desk = making.desk(english, polish, *SMALL_TALK, understanding=understanding)
    with pytest.raises(Refused, match="about “grinder” in “pl”"):
        plan_brief(desk, Brief(kind="challenge", language="pl", topic="grinder"))
