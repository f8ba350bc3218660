"""What a kind needs is said, and nothing is said twice."""

import pytest

from assistant.checking.moves import check
from assistant.domain import KINDS, LITERAL, VOCABULARY, Kind
from tests.making import move, plan, segment
from tests.unit.assistant.checking.drafts import by_phrasebook, examined, kinds, reply


def test_a_complete_reply_passes() -> None:
    of = reply()
    assert examined(check, of, by_phrasebook(of)) == []


@pytest.mark.parametrize(("kind", "name"), [(k, r.name) for k in KINDS for r in VOCABULARY[k] if r.required])
def test_each_required_move_is_missed(kind: Kind, name: str) -> None:
    others = [rule for rule in VOCABULARY[kind] if rule.name != name]
    moves = [move(f"{rule.name}{n}", rule.name) for rule in others for n in range(rule.minimum)]
    of = plan(*moves, kind=kind)
    found = examined(check, of, [segment(f"Text of {each.id}.", each.id) for each in moves])
    assert [finding.message for finding in found] == [f"“{name}” is missing: a {kind} needs it."]
    assert kinds(found) == [("block", None)]


def test_optional_moves_are_not_missed() -> None:
    of = plan(*(move(rule.name, rule.name) for rule in VOCABULARY["reply"] if rule.required))
    assert examined(check, of, [segment(each.name, each.id) for each in of.moves]) == []


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_sentence_taken_out_counts_as_missing(text: str) -> None:
    of = reply()
    assert kinds(examined(check, of, by_phrasebook(of, m2=text))) == [("block", None)]


def test_a_sentence_that_the_kind_can_do_without_may_be_taken_out() -> None:
    of = reply()
    assert examined(check, of, by_phrasebook(of, m4="")) == []


def test_one_option_is_no_choice() -> None:
    moves = [move(name, name) for name in ("hook", "question", "option", "how_used", "closes")]
    found = examined(check, plan(*moves, kind="poll"), [segment(each.name, each.id) for each in moves])
    assert [finding.message for finding in found] == ["“option” is missing: a poll needs it."]


@pytest.mark.parametrize("again", ["This made our day.", "this made  OUR day.", " This made our\nday. "])
def test_the_same_sentence_twice_is_found_at_the_second(again: str) -> None:
    of = reply()
    found = examined(check, of, by_phrasebook(of, m2="This made our day.", m4=again))
    assert kinds(found) == [("block", "m4")]


def test_the_same_sentence_three_times_is_found_twice() -> None:
    of = reply()
    found = examined(check, of, by_phrasebook(of, m2="So it is.", m3="So it is.", m4="So it is."))
    assert kinds(found) == [("block", "m3"), ("block", "m4")]


def test_sentences_taken_out_are_not_the_same_sentence() -> None:
    of = reply("en", None, move("m5", "question", "praise"))
    assert examined(check, of, by_phrasebook(of, m4="", m5="")) == []


def test_what_repeats_a_literal_text_is_found_and_not_the_literal_text() -> None:
    literal = move("m2", "question", LITERAL, slots={"text": "Which size?"})
    of = plan(move("m1", "hook"), literal, kind="poll")
    found = examined(check, of, [segment("Which size?", "m1"), segment("Which size?", "m2")])
    assert ("block", "m1") in kinds(found)
    assert ("block", "m2") not in kinds(found)
