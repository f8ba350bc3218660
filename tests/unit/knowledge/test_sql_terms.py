"""The search by words: what words weigh, and how texts are ranked by them."""

from knowledge.adapters.sql_terms import BUDGET, best, weigh


def test_rare_terms_weigh_more_and_common_ones_nothing() -> None:
    weights = weigh([["grinder"], ["leaks"], ["the"]], {"grinder": 40, "leaks": 2, "the": 300}, 1000)
    assert list(weights.terms) == ["leaks", "grinder"]
    assert weights.terms["leaks"] > weights.terms["grinder"] > 0
    assert weights.rarest == weights.terms
    assert [weight for _, weight in weights.words] == [weights.terms["grinder"], weights.terms["leaks"], 0.0]


def test_in_few_texts_no_term_is_common_and_of_common_ones_alone_all_count() -> None:
    assert weigh([["tea"]], {"tea": 9}, 10).terms.keys() == {"tea"}
    assert weigh([["the"]], {"the": 900}, 1000).terms.keys() == {"the"}
    assert weigh([], {}, 0).terms == {}


def test_a_word_weighs_what_its_rarest_form_does_and_one_that_nobody_uses_most() -> None:
    weights = weigh([["leak", "leaks"], ["zephyr"]], {"leak": 30, "leaks": 3}, 1000)
    (leak, forms), (zephyr, unknown) = weights.words
    assert (sorted(leak), sorted(zephyr)) == (["leak", "leaks"], ["zephyr"])
    assert forms == weights.terms["leaks"] < unknown


def test_the_rarest_find_the_candidates_as_far_as_the_budget_goes() -> None:
    uses = {"a": BUDGET - 10, "b": 10, "c": BUDGET + 5}
    weights = weigh([["a"], ["b"], ["c"]], uses, 100 * BUDGET)
    assert (list(weights.terms), list(weights.rarest)) == (["b", "a", "c"], ["b", "a"])
    assert list(weigh([["c"]], uses, 100 * BUDGET).rarest) == ["c"]


def test_texts_that_use_more_of_the_words_more_often_come_first_and_long_ones_later() -> None:
    texts = {
        "once": ["oil", "tea"],
        "twice": ["oil", "oil"],
        "both": ["oil", "leaks"],
        "long": ["oil", *(f"w{n}" for n in range(20))],
        "none": ["cake"],
    }
    weights = weigh([["oil"], ["leaks", "leak"], ["everywhere"]], {"oil": 4, "leaks": 1}, 40)
    ranked = best(texts, weights, 9)
    assert [id_ for id_, _ in ranked] == ["both", "twice", "once", "long"]
    shares = dict(ranked)
    assert 0 < shares["long"] == shares["once"] < shares["both"] < 1
    assert best(texts, weights, 1) == ranked[:1]
    assert best({}, weights, 9) == best(texts, weigh([], {}, 40), 9) == []
