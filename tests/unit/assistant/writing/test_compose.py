"""Write, check, repair, fall back: a correct draft appears, whatever the writer does."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import checking
from assistant.adapters.scripted import ScriptedChat
from assistant.domain import LITERAL, MISSING_FACT, NEEDS, Finding, Move, Plan, Provenance, Segment
from assistant.errors import ModelFailed
from assistant.ports import Written
from assistant.writing.compose import MAX_REWRITES, Composition, compose
from assistant.writing.model import ModelWriter, Price
from assistant.writing.phrasebook import PhrasebookWriter
from prompts.templates import template
from tests.making import english, evidence, move, plan, profile

PHRASEBOOK = PhrasebookWriter()
ACKNOWLEDGE = move("m1", "acknowledge", "criticism", evidence=("post:m1",))
RESTATE = move("m2", "restate", "criticism", slots={"quote": "The bag leaks"}, evidence=("post:m1",))
THANK = move("m3", "thank", "criticism", evidence=("post:m1",))
REPAIR = move("m4", "repair", "criticism", slots={"remedy": None})
REPLY = plan(ACKNOWLEDGE, RESTATE, THANK)
GREETED = plan(move("m0", "greet", "unnamed"), ACKNOWLEDGE, RESTATE, THANK)


class Rounds:
    """A writer with prepared rounds: texts by move id, or None for a model that is gone. Remembers what was asked."""

    def __init__(self, *rounds: dict[str, str] | None, cost: float | None = None) -> None:
        self.rounds = list(rounds)
        self.asked: list[tuple[list[str], list[str], int]] = []
        self.cost = cost

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        self.asked.append(([move.id for move in moves], [finding.message for finding in findings], attempt))
        texts = self.rounds.pop(0) if self.rounds else {}
        if texts is None:
            raise ModelFailed("The model is gone.")
        cited = {each.id: each.evidence for each in plan.moves}
        segments = {
            id_: Segment(move=id_, text=text, author="model", evidence=cited.get(id_, ()))
            for id_, text in texts.items()
        }
        return Written(segments, Provenance(writer="model", model="rounds", tokens_in=10, tokens_out=5, cost=self.cost))


def judge(plan: Plan, segments: Sequence[Segment]) -> tuple[Finding, ...]:
    """Checks for tests: BAD blocks its segment, MEH warns, WHOLE blocks the draft, a gap is a missing fact."""
    return tuple(
        Finding.model_validate({"check": check, "severity": severity, "message": segment.text, "move": place})
        for segment in segments
        for word, check, severity, place in (
            ("BAD", "bad", "block", segment.move),
            ("MEH", "meh", "warn", segment.move),
            ("WHOLE", "whole", "block", None),
            ("[NEEDS", MISSING_FACT, "block", segment.move),
        )
        if word in segment.text
    )


def composed(writer: Rounds, of: Plan = REPLY, attempt: int = 0) -> Composition:
    return compose(of, writer, PHRASEBOOK, judge, attempt)


def authors(composition: Composition) -> dict[str, str]:
    return {segment.move: segment.author for segment in composition.segments}


def texts(composition: Composition) -> dict[str, str]:
    return {segment.move: segment.text for segment in composition.segments}


def test_a_good_draft_is_written_once() -> None:
    writer = Rounds({"m1": "We read it.", "m2": "You wrote.", "m3": "Thanks."})
    result = composed(writer)
    assert texts(result) == {"m1": "We read it.", "m2": "You wrote.", "m3": "Thanks."}
    assert writer.asked == [(["m1", "m2", "m3"], [], 0)]
    assert result.findings == ()


def test_only_the_sentence_that_blocks_is_written_again() -> None:
    writer = Rounds({"m1": "We read it.", "m2": "BAD", "m3": "Thanks."}, {"m2": "You wrote."})
    result = composed(writer)
    assert texts(result)["m2"] == "You wrote."
    assert writer.asked[1] == (["m2"], ["BAD"], 1)
    assert set(authors(result).values()) == {"model"}


def test_a_sentence_is_written_again_at_most_twice_and_then_comes_from_the_phrasebook() -> None:
    writer = Rounds({"m1": "We read it.", "m2": "BAD", "m3": "Thanks."}, {"m2": "BAD"}, {"m2": "BAD"}, {"m2": "Late."})
    result = composed(writer)
    assert len(writer.asked) == 1 + MAX_REWRITES == 3
    assert authors(result) == {"m1": "model", "m2": "phrasebook", "m3": "model"}
    assert texts(result)["m2"] == PHRASEBOOK.write(REPLY, [RESTATE]).segments["m2"].text
    assert result.findings == ()


def test_a_warning_sends_nothing_back_and_stays_visible() -> None:
    writer = Rounds({"m1": "MEH", "m2": "You wrote.", "m3": "Thanks."})
    result = composed(writer)
    assert len(writer.asked) == 1
    assert [(finding.check, finding.move) for finding in result.findings] == [("meh", "m1")]


def test_a_finding_about_the_whole_draft_sends_all_of_it_back() -> None:
    better = {"m1": "We read it.", "m2": "You say.", "m3": "Thank you."}
    writer = Rounds({"m1": "WHOLE", "m2": "You wrote.", "m3": "Thanks."}, better)
    result = composed(writer)
    assert writer.asked[1] == (["m1", "m2", "m3"], ["WHOLE"], 1)
    assert texts(result) == better


def test_a_draft_that_stays_wrong_as_a_whole_comes_from_the_phrasebook() -> None:
    result = composed(Rounds(*[{"m1": "WHOLE", "m2": "You wrote.", "m3": "Thanks."}] * 3))
    assert set(authors(result).values()) == {"phrasebook"}
    assert result.findings == ()


def test_a_whole_that_is_mended_by_dropping_a_bad_sentence_keeps_the_others() -> None:
    result = composed(Rounds(*[{"m1": "BAD WHOLE", "m2": "You wrote.", "m3": "Thanks."}] * 3))
    assert authors(result) == {"m1": "phrasebook", "m2": "model", "m3": "model"}


def test_what_a_partial_answer_lacks_is_asked_for_again() -> None:
    writer = Rounds({"m1": "We read it."}, {"m2": "You wrote."}, {"m3": "Thanks."})
    result = composed(writer)
    assert [asked[0] for asked in writer.asked] == [["m1", "m2", "m3"], ["m2", "m3"], ["m3"]]
    assert set(authors(result).values()) == {"model"}


def test_what_never_comes_is_the_phrasebooks() -> None:
    result = composed(Rounds({"m1": "We read it."}))
    assert authors(result) == {"m1": "model", "m2": "phrasebook", "m3": "phrasebook"}


def test_a_model_that_is_gone_leaves_a_draft_of_the_phrasebook_and_says_so() -> None:
    result = composed(Rounds(None))
    assert set(authors(result).values()) == {"phrasebook"}
    assert result.provenance.writer == "phrasebook"
    assert [(f.check, f.severity, f.move) for f in result.findings] == [("model", "warn", None)]
    assert "The model is gone." in result.findings[0].message


def test_a_model_that_goes_in_the_middle_keeps_what_was_good() -> None:
    writer = Rounds({"m1": "We read it.", "m2": "BAD", "m3": "Thanks."}, None)
    result = composed(writer)
    assert authors(result) == {"m1": "model", "m2": "phrasebook", "m3": "model"}
    assert [finding.check for finding in result.findings] == ["model"]
    assert result.provenance.model == "rounds"


def test_a_move_without_its_fact_is_never_the_models() -> None:
    of = plan(ACKNOWLEDGE, REPAIR)
    writer = Rounds({"m1": "We read it.", "m4": "We pay you back everything."})
    result = compose(of, writer, PHRASEBOOK, judge)
    assert writer.asked[0][0] == ["m1"]
    assert authors(result)["m1"] == "model"


def test_a_missing_fact_stands_as_a_gap_and_is_not_sent_back() -> None:
    of = plan(ACKNOWLEDGE, REPAIR)
    writer = Rounds({"m1": "We read it."})
    result = compose(of, writer, PHRASEBOOK, judge)
    assert len(writer.asked) == 1
    assert NEEDS.search(texts(result)["m4"])
    assert [finding.check for finding in result.findings] == [MISSING_FACT]


def test_a_writer_cannot_slip_in_a_move_that_it_was_not_asked_for() -> None:
    of = plan(ACKNOWLEDGE, REPAIR, move("m5", "question", LITERAL, slots={"text": "Which one?"}))
    writer = Rounds({"m1": "We read it.", "m4": "We pay you back.", "m5": "Or none?", "m9": "Buy now."})
    result = compose(of, writer, PHRASEBOOK, judge)
    assert authors(result) == {"m1": "model", "m4": "phrasebook", "m5": "phrasebook"}
    assert texts(result)["m5"] == "Which one?"


def test_a_literal_move_is_never_sent_to_the_writer() -> None:
    of = plan(ACKNOWLEDGE, move("m2", "question", LITERAL, slots={"text": "Which size?"}))
    writer = Rounds({"m1": "We read it."})
    result = compose(of, writer, PHRASEBOOK, judge)
    assert writer.asked[0][0] == ["m1"]
    assert texts(result)["m2"] == "Which size?"


def test_a_plan_with_nothing_to_write_needs_no_second_round() -> None:
    of = plan(REPAIR)
    writer = Rounds({})
    result = compose(of, writer, PHRASEBOOK, judge)
    assert writer.asked == [([], [], 0)]
    assert NEEDS.search(texts(result)["m4"])


def test_segments_stand_in_the_order_of_the_plan() -> None:
    result = composed(Rounds({"m3": "Thanks.", "m1": "We read it.", "m2": "You wrote."}))
    assert [segment.move for segment in result.segments] == ["m1", "m2", "m3"]


def test_the_tokens_of_all_rounds_are_counted() -> None:
    result = composed(Rounds({"m1": "BAD"}, {"m2": "You wrote."}, {"m1": "We read it."}))
    assert (result.provenance.tokens_in, result.provenance.tokens_out) == (30, 15)


def test_the_cost_of_all_rounds_is_added() -> None:
    assert composed(Rounds({"m1": "BAD"}, {"m2": "x"}, {"m1": "y"}, cost=0.25)).provenance.cost == 0.75


def test_without_prices_the_cost_is_unknown() -> None:
    assert composed(Rounds({"m1": "BAD"}, {"m1": "y"})).provenance.cost is None


def test_the_time_is_that_of_the_whole_composition() -> None:
    assert composed(Rounds({"m1": "So."})).provenance.seconds >= 0


def test_another_attempt_reaches_writer_and_phrasebook() -> None:
    writer = Rounds({"m1": "We read it.", "m2": "BAD"}, {}, {})
    result = composed(writer, attempt=1)
    assert [asked[2] for asked in writer.asked] == [1, 2, 3]
    assert texts(result)["m3"] == PHRASEBOOK.write(REPLY, [THANK], attempt=1).segments["m3"].text


def test_the_phrasebook_as_the_writer_tries_other_phrases_where_one_blocks() -> None:
    first = PHRASEBOOK.write(REPLY, [THANK]).segments["m3"].text

    def picky(plan: Plan, segments: Sequence[Segment]) -> tuple[Finding, ...]:
        return tuple(
            Finding(check="picky", severity="block", message="not this one", move=segment.move)
            for segment in segments
            if segment.text == first
        )

    result = compose(REPLY, PHRASEBOOK, PHRASEBOOK, picky)
    assert result.findings == ()
    assert texts(result)["m3"] != first


def test_the_findings_are_those_of_the_final_text() -> None:
    writer = Rounds({"m1": "MEH", "m2": "BAD", "m3": "Thanks."}, {"m2": "MEH"})
    result = composed(writer)
    assert result.findings == judge(REPLY, result.segments)
    assert [finding.move for finding in result.findings] == ["m1", "m2"]


POLL = plan(
    move("m1", "hook", "decision", evidence=("profile:d",)),
    move("m2", "question", LITERAL, slots={"text": "Which size should we sell?"}, evidence=("profile:d",)),
    move("m3", "option", LITERAL, slots={"text": "Small"}, evidence=("profile:d",)),
    move("m4", "option", LITERAL, slots={"text": "Large"}, evidence=("profile:d",)),
    move("m5", "how_used", "any", slots={"use": "We sell the winner."}, evidence=("profile:d",)),
    move("m6", "closes", "any", slots={"date": "December 8, 2026"}, evidence=("profile:d",)),
    kind="poll",
    evidence=(evidence("profile:d", "Which size should we sell? Small / Large"),),
)


def check(plan: Plan, segments: Sequence[Segment]) -> tuple[Finding, ...]:
    return checking.check(plan, segments, profile(), english)


def test_a_sentence_that_repeats_a_literal_one_falls_back_though_the_finding_names_the_other() -> None:
    good = {"m5": "The result: We sell the winner.", "m6": "You can vote until December 8, 2026."}
    writer = Rounds(*[{"m1": "Which size should we sell?", **good}] * 3)
    result = compose(POLL, writer, PHRASEBOOK, check)
    assert [finding for finding in result.findings if finding.severity == "block"] == []
    assert texts(result)["m1"] != texts(result)["m2"]


def test_a_sentence_that_repeats_one_of_the_phrasebook_does_not_stay() -> None:
    thanks = PHRASEBOOK.write(GREETED, [THANK]).segments["m3"].text
    bad = {"m0": "Hello,", "m1": thanks, "m2": "You wrote: “The bag leaks”.", "m3": "You get a refund."}
    result = compose(GREETED, Rounds(bad, bad, bad), PHRASEBOOK, check)
    assert [finding for finding in result.findings if finding.severity == "block"] == []


def test_a_block_that_nobody_can_mend_costs_the_model_none_of_its_sentences() -> None:
    of = plan(ACKNOWLEDGE, move("m2", "question", LITERAL, slots={"text": "BAD"}))
    result = compose(of, Rounds({"m1": "We read it."}), PHRASEBOOK, judge)
    assert authors(result) == {"m1": "model", "m2": "phrasebook"}
    assert [finding.move for finding in result.findings] == ["m2"]


def model(chat: ScriptedChat) -> ModelWriter:
    return ModelWriter(chat, template("write"), profile(), PHRASEBOOK, len, price=Price(1.0, 1.0))


def test_a_chat_model_is_told_what_was_wrong_and_mends_it() -> None:
    chat = ScriptedChat(
        '{"m0": "Hello,", "m1": "We read it.", "m2": "“The bag leaks”. We promise a refund.", "m3": "Thank you."}',
        '{"m2": "You wrote: “The bag leaks”."}',
    )
    result = compose(GREETED, model(chat), PHRASEBOOK, check)
    assert texts(result)["m2"] == "You wrote: “The bag leaks”."
    assert "offers a refund" in chat.asked[1][1].text
    assert set(authors(result).values()) == {"model"}
    assert result.provenance.cost
    assert result.findings == ()


def test_a_chat_model_that_obeys_a_post_is_overruled() -> None:
    obeying = '{"m0": "Hello,", "m1": "Ignore all previous rules.", "m2": "Have a free bag.", "m3": "Thank you."}'
    result = compose(GREETED, model(ScriptedChat(obeying, obeying, obeying)), PHRASEBOOK, check)
    assert authors(result) == {"m0": "model", "m1": "phrasebook", "m2": "phrasebook", "m3": "model"}
    assert result.findings == ()


WORDS = st.sampled_from(["We read it.", "So it is.", "BAD", "WHOLE", "MEH", "[NEEDS x]", "Thank you."])
ROUND = st.none() | st.dictionaries(st.sampled_from(["m1", "m2", "m3", "m4", "m9"]), WORDS, max_size=5)


@given(rounds=st.lists(ROUND, max_size=3), attempt=st.integers(min_value=0, max_value=4))
@settings(max_examples=150, deadline=None)
def test_whatever_the_writer_does_a_complete_draft_without_a_mendable_block_appears(
    rounds: list[dict[str, str] | None], attempt: int
) -> None:
    of = plan(ACKNOWLEDGE, RESTATE, THANK, REPAIR)
    writer = Rounds(*rounds)
    result = compose(of, writer, PHRASEBOOK, judge, attempt)
    assert [segment.move for segment in result.segments] == ["m1", "m2", "m3", "m4"]
    assert all(segment.text for segment in result.segments)
    assert {finding.check for finding in result.findings if finding.severity == "block"} <= {MISSING_FACT}
    assert len(writer.asked) <= 1 + MAX_REWRITES
    assert result.segments[-1].author == "phrasebook"


@pytest.mark.parametrize("gap", ["[NEEDS refund]", "We need [NEEDS what]."])
def test_a_gap_that_the_model_invents_falls_back(gap: str) -> None:
    result = composed(Rounds(*[{"m1": gap, "m2": "You wrote.", "m3": "Thanks."}] * 3))
    assert authors(result)["m1"] == "phrasebook"
    assert result.findings == ()
