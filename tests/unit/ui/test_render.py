"""Domain objects as HTML: everything a member wrote is text, everything has its direction, nothing is left blank."""

from collections.abc import Callable
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain import KINDS, Change, Decision, Draft, Finding, Opportunity, Provenance
from assistant.ports import BatchState
from assistant.precedents import Case, MemberHistory, Precedents
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Member, Passage, Post
from tests import making
from tests.making import NOW
from ui.desk import render

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>" onclick="x\' {{7*7}} ${7*7} {% raw %}</blockquote>'
OURS = {
    *("div", "span", "button", "p", "b", "i", "q", "figure", "figcaption", "blockquote", "details", "summary"),
    *("ol", "ul", "li", "del", "ins", "table", "thead", "tbody", "tr", "th", "td", "svg"),
    *("mark", "section", "h3", "bdi"),
}
RIGHT_TO_LEFT = {"ar", "fa"}


class Html(HTMLParser):
    """The tags of some HTML with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.tags if name in (attributes.get("class") or "").split()]

    def values(self, attribute: str) -> list[str | None]:
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def made(text: str = "We hear you.", *, findings: tuple[Finding, ...] = (), **changes: Any) -> Draft:
    """A reply of two sentences; the second has no evidence. Fields of the plan are told apart by their names."""
    of_plan = {
        key: changes.pop(key) for key in list(changes) if key in {"language", "title", "notes", "kind", "subject"}
    }
    moves = [making.move("m1", "acknowledge", evidence=("post:m1",)), making.move("m2", "thank")]
    plan = making.plan(*moves, **{"evidence": changes.pop("evidence", (making.evidence(),)), **of_plan})
    segments = [making.segment(text, "m1", evidence=["post:m1"]), making.segment("Thank you.", "m2")]
    return making.draft(plan, *segments, findings=findings, **changes)


def hostile(**changes: Any) -> Draft:
    """A draft in which everything that comes from outside is hostile."""
    planted = making.evidence(
        text=HOSTILE, author=HOSTILE, channel=HOSTILE, language=HOSTILE, visibility="private", suspicious=True, at=NOW
    )
    findings = (
        Finding(check="tone", severity="block", message=HOSTILE, move="m1"),
        Finding(check="length", severity="warn", message=HOSTILE),
    )
    return made(
        HOSTILE,
        findings=findings,
        evidence=(planted, making.evidence("profile:" + HOSTILE, HOSTILE)),
        id=HOSTILE,
        title=HOSTILE,
        notes=(HOSTILE,),
        provenance=Provenance(writer="model", model=HOSTILE, prompt=HOSTILE, tokens_out=3),
        **changes,
    )


def decision(action: Any = "edit", **changes: Any) -> Decision:
    return Decision(**{"draft": "d1", "revision": 2, "action": action, "by": "Maja", "at": NOW, **changes})


def opportunity(**changes: Any) -> Opportunity:
    values: dict[str, Any] = {"id": "o", "detector": "wish", "kind": "reply", "situation": "wish", "title": "A wish"}
    return Opportunity(**{**values, "why": "Nobody reacted.", "language": "en", "posts": ("m1",), "at": NOW, **changes})


def passage(text: str = "The bag leaks.", **changes: Any) -> Passage:
    return Passage(post=making.post(text=text, **changes), score=0.1, cosine=0.876, words=("bag",), alike=2)


def before(*cases: Post, answer: Post | None = None) -> Precedents:
    return Precedents(tuple(Case(case, 0.5, (answer,) if answer else (), "solved") for case in cases))


def written(*posts: Post, **changes: Any) -> MemberHistory:
    return MemberHistory(Member(**{"id": "anna", "name": "Anna", **changes}), posts)


def hostile_post() -> Post:
    return making.post(
        HOSTILE,
        HOSTILE,
        title=HOSTILE,
        author_name=HOSTILE,
        channel_name=HOSTILE,
        language=HOSTILE,
        kind="review",
        rating=2,
    )


HOSTILE_FACES: dict[str, Callable[[], str]] = {
    "queue": lambda: render.queue([hostile()], NOW, HOSTILE, {}),
    "post of a reply": lambda: render.post(hostile()),
    "post of a poll": lambda: render.post(hostile(kind="poll")),
    "sentences": lambda: render.sentences(hostile(), "m1", NOW),
    "history": lambda: render.history(
        hostile(),
        [decision(by=HOSTILE, reason=HOSTILE, changes=(Change(move="m1", before=HOSTILE, after=HOSTILE),))],
    ),
    "post with precedents": lambda: render.post(hostile(), before(hostile_post(), answer=hostile_post())),
    "passages": lambda: render.passages([Passage(post=hostile_post(), score=1.0, words=(HOSTILE,))], HOSTILE),
    "around": lambda: render.around(
        hostile_post(),
        [hostile_post()],
        before(hostile_post(), answer=hostile_post()),
        written(hostile_post(), making.post("other", HOSTILE), name=HOSTILE),
    ),
    "opportunities": lambda: render.opportunities([opportunity(title=HOSTILE, why=HOSTILE, language=HOSTILE)], NOW),
    "batches": lambda: render.batches([BatchState("b", HOSTILE, 2, 1, 1, ((HOSTILE, HOSTILE),))]),
    "scores": lambda: render.scores([{HOSTILE: HOSTILE}], [HOSTILE], "<svg></svg>"),
    "message": lambda: render.message(HOSTILE, "bad"),
    "job": lambda: render.job(HOSTILE, 1, 2, 1.0, 1.0),
}  # fmt: skip


@pytest.mark.parametrize("face", HOSTILE_FACES)
def test_hostile_text_is_only_ever_text(face: str) -> None:
    shown = Html(HOSTILE_FACES[face]())
    assert {tag for tag, _ in shown.tags} <= OURS
    assert [name for _, attributes in shown.tags for name in attributes if name.startswith("on")] == []
    assert HOSTILE[:40] in shown.text


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet="<>&\"'{}$%=/ aZbag\u202eאب", min_size=1, max_size=60))
def test_marking_words_makes_no_tag_but_marks_and_loses_no_letter(text: str) -> None:
    bare = [tag for tag, _ in Html(render.passages([passage("plain")], "")).tags]
    shown = Html(render.passages([passage(f"{text} bags")], f"{text} bag"))
    assert [tag for tag, _ in shown.tags if tag != "mark"] == bare
    assert " ".join(f"{text} bags".split()) in " ".join(shown.text.split())


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("<>&\"'{}$%=/ aZ\n\u202e\0אب"), min_size=1, max_size=60))
def test_no_text_makes_a_tag(text: str) -> None:
    bare = [tag for tag, _ in Html(render.message("plain")).tags]
    assert [tag for tag, _ in Html(render.message(text)).tags] == bare
    drawn = [tag for tag, _ in Html(render.sentences(made("plain"), None, NOW)).tags]
    assert [tag for tag, _ in Html(render.sentences(made(text), None, NOW)).tags] == drawn


# direction


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_draft_runs_in_the_direction_of_its_language(language: str) -> None:
    way = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    (body,) = Html(render.sentences(made(language=language), None, NOW)).with_class("hs-draft")
    assert (body["dir"], body["lang"]) == (way, language)
    (preview,) = Html(render.queue([made(language=language)], NOW, None, {})).with_class("hs-preview")
    assert (preview["dir"], preview["lang"]) == (way, language)


def test_what_the_desk_says_about_an_arabic_sentence_stays_english() -> None:
    finding = Finding(check="tone", severity="warn", message="an exclamation mark", move="m1")
    shown = Html(render.sentences(made(language="ar", findings=(finding,)), "m1", NOW))
    for name in ("hs-move", "hs-finding", "hs-sources"):
        assert {(each["dir"], each["lang"]) for each in shown.with_class(name)} == {("ltr", "en")}


def test_a_sentence_inherits_the_direction_of_its_draft_even_where_it_begins_in_latin() -> None:
    shown = Html(render.sentences(made("[NEEDS answer] هنا", language="ar"), None, NOW))
    assert all("dir" not in each for each in shown.with_class("hs-text"))


def test_what_members_wrote_finds_its_own_direction() -> None:
    shown = Html(render.post(made()))
    assert [attributes["dir"] for tag, attributes in shown.tags if tag == "blockquote"] == ["auto"]


# the queue


def test_an_entry_carries_its_draft_and_the_chosen_one_is_marked() -> None:
    shown = Html(render.queue([made(id="a"), made(id="b")], NOW, "b", {}))
    assert shown.values("data-draft") == ["a", "b"]
    assert shown.values("aria-selected") == ["false", "true"]


def test_the_queue_counts_what_is_there_and_what_is_not() -> None:
    assert "3 to review · 0 approved · 1 rejected" in render.queue([], NOW, None, {"proposed": 3, "rejected": 1})


def test_an_empty_queue_says_what_to_do() -> None:
    assert "Nothing here" in Html(render.queue([], NOW, None, {})).text


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_named(kind: Any) -> None:
    entry = made(kind="reply").model_copy(update={"plan": making.plan(kind=kind), "segments": ()})
    assert render.KIND_LABELS[kind] in Html(render.queue([entry], NOW, None, {})).text


def test_only_a_draft_with_something_blocking_needs_you() -> None:
    warned = made(findings=(Finding(check="tone", severity="warn", message="!"),))
    stopped = made(findings=(Finding(check="tone", severity="block", message="!"),))
    assert "needs you" not in render.queue([warned], NOW, None, {})
    assert "needs you" in render.queue([stopped], NOW, None, {})


@pytest.mark.parametrize(
    ("status", "hours", "late"), [("proposed", -1, True), ("proposed", 1, False), ("approved", -1, False)]
)
def test_only_an_open_draft_past_its_time_is_late(status: Any, hours: int, late: bool) -> None:
    draft = made(status=status, due=NOW + timedelta(hours=hours))
    assert ("hs-late" in render.queue([draft], NOW, None, {})) == late
    assert ("hs-late" in render.sentences(draft, None, NOW)) == late


def test_a_long_text_is_cut_at_a_sign_that_it_goes_on() -> None:
    preview = render.queue([made("word " * 100)], NOW, None, {})
    assert "word…" in preview
    assert preview.count("word") < 40


# the post


def test_a_reply_shows_the_post_that_it_answers_first_and_the_others_behind_it() -> None:
    other = making.evidence("post:m2", "Mine leaks too.", author="Bo", channel="#general", at=NOW)
    shown = Html(render.post(made(evidence=(making.evidence(author="Anna", channel="#wins"), other))))
    assert "The post it answers" in shown.text
    assert "1 other post behind it" in shown.text
    assert shown.text.index("Anna") < shown.text.index("Bo")
    assert "2026-12-01 09:00" in shown.text


def test_the_answered_post_is_not_shown_twice() -> None:
    shown = Html(render.post(made()))
    assert [tag for tag, _ in shown.tags].count("blockquote") == 1
    assert "behind it" not in shown.text


def test_a_text_to_everybody_shows_what_it_is_about_and_the_posts_behind_it() -> None:
    poll = made(kind="poll", title="Which size?", evidence=(making.evidence(), making.evidence("post:m2")))
    shown = Html(render.post(poll.model_copy(update={"segments": ()})))
    assert "What it is about" in shown.text
    assert "Which size?" in shown.text
    assert "2 posts behind it" in shown.text


def test_evidence_from_the_profile_is_no_post() -> None:
    assert "behind it" not in render.post(made(evidence=(making.evidence("profile:remedies.new-bag"),)))


def test_notes_of_the_plan_reach_the_reviewer() -> None:
    assert "Years that Anna has been a member: 3." in render.post(
        made(notes=("Years that Anna has been a member: 3.",))
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"visibility": "private"}, "private"), ({"suspicious": True}, "reads like an order to the assistant")],
)
def test_a_post_to_beware_of_is_marked(changes: dict[str, Any], said: str) -> None:
    assert said in Html(render.post(made(evidence=(making.evidence(**changes),)))).text
    assert said not in Html(render.post(made())).text


@pytest.mark.parametrize("kind", ["reply", "poll"])
def test_a_reply_says_whether_the_like_has_happened_before(kind: Any) -> None:
    earlier = making.post("m0", "The seam leaks.", author_name="Ben")
    draft = made(kind=kind) if kind == "reply" else made(kind=kind).model_copy(update={"segments": ()})
    shown = Html(render.post(draft, before(earlier, answer=making.post("m9", "A new bag is on its way."))))
    assert ("This came up once before" in shown.text) == (kind == "reply")
    assert ("A new bag is on its way." in shown.text) == (kind == "reply")


def test_nothing_that_happened_before_takes_no_line() -> None:
    assert render.post(made(), before()) == render.post(made())


# search


def test_a_found_post_says_who_where_when_and_why() -> None:
    shown = Html(render.passages([passage("The bags leak.", rating=2, kind="review", visibility="private")], "a bag"))
    told = " ".join(shown.text.split())
    for said in ("Anna #general · 2026-12-01 en rated 2 of 5 review private", "1 found, the best first"):
        assert said in told
    assert "near in meaning (0.88); says “bag”; 2 more say nearly the same" in told
    assert shown.values("data-post") == ["m1"]


@pytest.mark.parametrize("title", [None, "Leaking bags"])
def test_the_words_asked_for_are_marked(title: str | None) -> None:
    html = render.passages([passage("Both bags & a <bag> leak.", title=title)], "a leaking bag")
    assert "Both <mark>bags</mark> &amp; a &lt;<mark>bag</mark>&gt; <mark>leak</mark>." in html
    assert ("<mark>Leaking</mark> <mark>bags</mark>" in html) == bool(title)


def test_of_a_long_post_the_part_is_shown_that_was_asked_for() -> None:
    shown = Html(render.passages([passage("rain " * 300 + "and then the bag leaks " + "rain " * 300)], "bag"))
    assert "and then the bag leaks" in shown.text
    assert len(shown.text) < 1000


def test_nothing_found_says_what_to_do() -> None:
    assert "Ask in other words, or with fewer filters." in render.passages([], "bag")


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_found_post_runs_in_the_direction_of_its_language_even_where_it_begins_in_latin(language: str) -> None:
    (said,) = Html(render.passages([passage("V60 هنا", language=language)], "V60")).with_class("hs-excerpt")
    assert said["dir"] == ("rtl" if language in RIGHT_TO_LEFT else "auto")


def test_the_chosen_post_stands_whole_in_its_thread_and_is_marked() -> None:
    thread = [making.post(f"m{n}", f"Post {n}. {'word ' * 200}", author_name=f"Member {n}") for n in range(3)]
    shown = Html(render.around(thread[1], thread, None, None))
    assert [each["class"] for each in shown.with_class("hs-in-thread")] == [
        "hs-in-thread", "hs-in-thread hs-chosen", "hs-in-thread"
    ]  # fmt: skip
    assert thread[1].message.text.strip() in shown.text
    assert thread[2].message.text.strip() not in shown.text
    assert "The thread · 3 posts" in shown.text


def test_of_a_long_thread_its_beginning_and_what_stands_around_the_post_are_shown() -> None:
    thread = [making.post(f"m{n}", f"Post {n}.") for n in range(100)]
    shown = Html(render.around(thread[50], thread, None, None))
    assert len(shown.with_class("hs-in-thread")) == 1 + 11
    assert "44 more in between" in shown.text
    assert "44 more afterwards" in shown.text


def test_cases_and_an_authors_posts_can_be_chosen_in_turn() -> None:
    own = making.post()
    other = making.post("m5", "I wish for decaf.", intent="wish")
    shown = Html(render.around(own, [own], before(making.post("m0")), written(other, own)))
    assert shown.values("data-post") == ["m0", "m5"]
    assert "2 posts: wish (1), complaint (1)." in " ".join(shown.text.split())
    assert "solved" in shown.text


def test_who_gave_no_name_has_no_history() -> None:
    own = making.post()
    assert "gave no name" in render.around(own, [own], before(), written(own, id="anonymous"))


def test_a_piece_of_a_document_has_neither_an_author_nor_precedents() -> None:
    own = making.post(kind="document")
    shown = Html(render.around(own, [own], None, None)).text
    assert "The whole text" in shown
    assert "before" not in shown


# the sentences


def test_a_sentence_carries_its_move_its_label_and_the_number_of_its_sources() -> None:
    shown = Html(render.sentences(made(), None, NOW))
    assert shown.values("data-move") == ["m1", "m2"]
    assert "Acknowledge · 1 source" in shown.text
    assert "Thanks · no sources" in shown.text


def test_only_the_chosen_sentence_shows_what_it_rests_on() -> None:
    closed, opened = (Html(render.sentences(made(), move, NOW)) for move in (None, "m1"))
    assert "What this sentence rests on" not in closed.text
    assert "Choose a sentence" in closed.text
    assert "What this sentence rests on" in opened.text
    assert "Choose a sentence" not in opened.text
    assert opened.values("aria-expanded") == ["true", "false"]


def test_a_sentence_without_evidence_says_that_it_claims_nothing() -> None:
    assert "Nothing: it claims nothing." in render.sentences(made(), "m2", NOW)


@pytest.mark.parametrize(
    ("id_", "source"),
    [
        ("profile:remedies.new-bag", "community.yaml · remedies.new-bag"),
        ("sheet:leaks.cause", "Fact sheet · leaks.cause"),
        ("brief", "brief"),
    ],
)
def test_a_source_that_is_no_post_is_named_by_its_place(id_: str, source: str) -> None:
    draft = made(evidence=(making.evidence(id_),))
    cited = [segment.model_copy(update={"evidence": (id_,)}) for segment in draft.segments]
    shown = Html(render.sentences(draft.model_copy(update={"segments": tuple(cited)}), "m1", NOW))
    assert source in " ".join(shown.text.split())


def test_a_citation_that_is_not_among_the_evidence_is_not_shown_as_a_source() -> None:
    draft = made(evidence=())
    assert "Acknowledge · no sources" in render.sentences(draft, "m1", NOW)


def test_findings_stand_with_their_sentence_or_below_the_whole() -> None:
    findings = (
        Finding(check="tone", severity="warn", message="a mark", move="m1"),
        Finding(check="length", severity="block", message="too long"),
    )
    shown = Html(render.sentences(made(findings=findings), None, NOW))
    assert shown.text.index("a mark") < shown.text.index("Thanks ·") < shown.text.index("too long")
    assert [each["class"] for each in shown.with_class("hs-finding")] == ["hs-finding hs-warn", "hs-finding hs-block"]


def test_a_sentence_taken_out_says_so() -> None:
    assert "taken out" in render.sentences(made(""), None, NOW)


def test_who_wrote_a_sentence_is_said_where_it_was_not_the_phrasebook() -> None:
    draft = made()
    edited = (draft.segments[0].model_copy(update={"author": "person"}), draft.segments[1])
    assert "1 source · person" in render.sentences(draft.model_copy(update={"segments": edited}), None, NOW)
    assert "phrasebook" not in Html(render.sentences(draft, None, NOW)).text.split("written by")[0]


def test_a_model_is_named_with_its_prompt_and_its_tokens() -> None:
    provenance = Provenance(writer="model", model="qwen", prompt="write@2", tokens_in=900, tokens_out=80)
    shown = Html(render.sentences(made(provenance=provenance), None, NOW)).text
    assert "written by qwen with write@2, 900 + 80 tokens" in shown


def test_a_planned_day_is_shown() -> None:
    assert "planned for 2026-12-07" in render.sentences(made(planned_for=date(2026, 12, 7)), None, NOW)


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_a_decided_draft_does_not_ask_for_a_choice(status: Any) -> None:
    assert "Choose a sentence" not in render.sentences(made(status=status), None, NOW)


def test_sentences_that_cannot_be_chosen_are_no_buttons() -> None:
    shown = Html(render.sentences(made(), None, NOW, choosable=False))
    assert "button" not in {tag for tag, _ in shown.tags}
    assert "Choose a sentence" not in shown.text
    assert "We hear you." in shown.text


# history, opportunities, batches, scores


@pytest.mark.parametrize("action", render.ACTION_LABELS)
def test_every_action_is_told_with_name_and_time(action: Any) -> None:
    told = " ".join(Html(render.history(made(), [decision(action)])).text.split())
    assert f"Maja {render.ACTION_LABELS[action]} · 2026-12-01 09:00" in told


def test_history_tells_the_newest_first_with_reasons_and_changes() -> None:
    edited = decision(changes=(Change(move="m1", before="old", after="new"),))
    rejected = decision("reject", by="Bo", reason="Too cold")
    shown = Html(render.history(made(), [edited, rejected]))
    assert shown.text.index("Too cold") < shown.text.index("old") < shown.text.index("new")


def test_a_text_written_again_is_not_repeated_in_the_history() -> None:
    again = decision("rewrite", changes=(Change(move="*", before="all of the old", after="all of the new"),))
    assert "all of the" not in render.history(made(), [again])


def test_without_decisions_there_is_no_history() -> None:
    assert render.history(made(), []).strip() == ""


def test_what_is_waiting_is_shown_with_its_reason_and_its_clock() -> None:
    shown = Html(render.opportunities([opportunity(due=NOW + timedelta(hours=5))], NOW)).text
    for told in ("A wish", "Nobody reacted.", "wish", "in 5 h", "Reply"):
        assert told in shown


def test_nothing_waiting_and_no_batch_are_said() -> None:
    assert "Nothing is waiting" in render.opportunities([], NOW)
    assert "No batch yet." in render.batches([])


def test_a_batch_tells_how_far_it_is_and_what_it_could_not_write() -> None:
    state = BatchState("b", "December", 10, 6, 1, (("01-003 poll pl", "two wishes are needed"),))
    told = render.batches([state])
    assert ">December</td><td>6 of 10</td><td>3</td>" in told
    assert "01-003 poll pl: two wishes are needed" in told


def test_the_plot_of_the_scores_is_drawn_and_the_rest_is_text() -> None:
    shown = Html(render.scores([{"writer": "phrasebook"}], ["writer"], "<svg></svg>"))
    assert [tag for tag, _ in shown.tags].count("svg") == 1
    assert "phrasebook" in shown.text


@pytest.mark.parametrize("tone", ["info", "good", "bad"])
def test_a_message_has_its_tone_and_is_read_aloud(tone: str) -> None:
    ((_, attributes),) = Html(render.message("Saved.", tone)).tags
    assert attributes["class"] == f"hs-message hs-{tone}"
    assert attributes["role"] == "status"


# progress and clocks


@pytest.mark.parametrize(
    ("done", "total", "rate", "left", "told", "width"),
    [
        (0, None, None, None, "Reading: 0", "5%"),
        (7, None, 3.4, None, "Reading: 7 · 3 a second", "5%"),
        (30, 120, 10.0, 9.0, "Reading: 30 of 120 · 10 a second · 9 s left", "25%"),
        (130, 120, 10.0, 0.0, "Reading: 130 of 120 · 10 a second · 0 s left", "100%"),
        (0, 0, None, None, "Reading: 0", "5%"),
    ],
)
def test_progress_tells_as_much_as_is_known(
    done: int, total: int | None, rate: float | None, left: float | None, told: str, width: str
) -> None:
    shown = Html(render.job("Reading:", done, total, rate, left))
    assert " ".join(shown.text.split()) == told
    assert shown.values("style") == [f"width: {width}"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "in 1 h"),
        (0.2, "in 1 h"),
        (5, "in 5 h"),
        (47.4, "in 47 h"),
        (48, "in 2 d"),
        (24 * 9, "in 9 d"),
        (-0.2, "1 h overdue"),
        (-30, "30 h overdue"),
        (-24 * 3, "3 d overdue"),
    ],
)
def test_a_clock_says_how_long_there_is(hours: float, said: str) -> None:
    assert render.clock(NOW + timedelta(hours=hours), NOW) == said


def test_without_a_due_time_there_is_no_clock() -> None:
    assert render.clock(None, NOW) == ""
    assert "hs-clock" not in render.sentences(made(), None, NOW)


@settings(deadline=None, max_examples=60)
@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)))
def test_a_clock_never_says_that_there_is_nothing(away: timedelta) -> None:
    amount, unit = [word for word in render.clock(NOW + away, NOW).split() if word not in ("in", "overdue")]
    assert int(amount) >= 1
    assert unit in ("h", "d")
    assert ("overdue" in render.clock(NOW + away, NOW)) == (away < timedelta(0))
