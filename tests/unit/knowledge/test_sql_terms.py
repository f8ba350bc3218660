"""The search by words: what terms weigh, and how texts are ranked by them."""

from knowledge.adapters.sql_terms import BUDGET, best, weigh


def test_rare_terms_weigh_more_and_common_ones_nothing() -> None:
    weights = weigh({"grinder": 40, "leaks": 2, "the": 300}, 1000)
    assert list(weights.all) == ["leaks", "grinder"]
    assert weights.all["leaks"] > weights.all["grinder"] > 0
    assert weights.rarest == weights.all


def test_in_few_texts_no_term_is_common_and_of_common_ones_alone_all_count() -> None:
    assert weigh({"tea": 9}, 10).all.keys() == {"tea"}
    assert weigh({"the": 900}, 1000).all.keys() == {"the"}
    assert weigh({}, 0).all == {}


def test_the_rarest_find_the_candidates_as_far_as_the_budget_goes() -> None:
    weights = weigh({"a": BUDGET - 10, "b": 10, "c": BUDGET + 5}, 100 * BUDGET)
    assert (list(weights.all), list(weights.rarest)) == (["b", "a", "c"], ["b", "a"])
    assert list(weigh({"c": BUDGET + 5}, 100 * BUDGET).rarest) == ["c"]


def test_texts_that_use_more_of_the_words_more_often_come_first_and_long_ones_later() -> None:
    texts = {
        "once": ["oil", "tea"],
        "twice": ["oil", "oil"],
        "both": ["oil", "leaks"],
        "long": ["oil", *(f"w{n}" for n in range(20))],
        "none": ["cake"],
    }
    ranked = best(texts, {"oil": 2.0, "leaks": 3.0}, 9)
    assert [id_ for id_, _ in ranked] == ["both", "twice", "once", "long"]
    assert best(texts, {"oil": 2.0, "leaks": 3.0}, 1) == ranked[:1]
    assert best({}, {"oil": 1.0}, 9) == []
