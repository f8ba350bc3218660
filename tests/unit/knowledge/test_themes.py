"""Themes: what many members talk about, named in the language of those who talk."""

import numpy as np
import pytest

from knowledge import themes
from knowledge.embedding import Vectors
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Post
from knowledge.themes import Theme, find_themes, name_theme
from tests.making import post

GRINDERS = {
    "en": ("My new grinder is so quiet.", "Two grinders in one kitchen, why not.", "Cleaning the grinder takes ages."),
    "sv": ("Min nya kvarnen är tyst.", "Så rengör jag kvarnen hemma.", "Kvarnens knivar behöver slipas."),
    "pl": ("Mój młynek jest cichy.", "Czyszczenie: młynek trzeba rozkręcić.", "Najlepszy młynek do espresso?"),
    "ar": ("المطحنة الجديدة هادئة.", "تنظيف المطحنة صعب.", "أفضل المطحنة للقهوة؟"),
    "fa": ("آسیاب تازه‌ام بی‌صداست.", "تمیز کردن آسیاب سخت است.", "بهترین آسیاب برای اسپرسو؟"),
    "pt": ("Meu moinho é silencioso.", "Limpar os moinhos dá trabalho.", "Qual moinho para espresso?"),
    "af": ("My nuwe koffiemeule is stil.", "Koffiemeule skoonmaak vat lank.", "Watter koffiemeule vir espresso?"),
    "zu": ("Umshini wami uthule.", "Ukuhlanza umshini kuthatha isikhathi.", "Imishini emibili ekhishini."),
}
CAKES = {
    "en": ("Baked a lemon cake today.", "Which cake goes with it?", "Cakes for Sunday."),
    "sv": ("Bakade en citronkaka idag.", "Vilken kaka passar till?", "Kakor till söndag."),
    "pl": ("Upiekłam ciasto cytrynowe.", "Jakie ciasto pasuje?", "Ciasto na niedzielę."),
    "ar": ("خبزت كعكة الليمون اليوم.", "أي كعكة تناسبها؟", "كعكة ليوم الأحد."),
    "fa": ("امروز کیک لیمویی پختم.", "کدام شیرینی مناسب است؟", "شیرینی برای یکشنبه."),
    "pt": ("Assei um bolinho de limão.", "Qual bolinho combina?", "Bolinhos para domingo."),
    "af": ("Suurlemoenkoek gebak vandag.", "Watter koeksisters pas daarby?", "Koeksisters vir Sondag."),
    "zu": ("Ngibhake ikhekhe likalamula namuhla.", "Yiliphi ikhekhe elifanele?", "Ikhekhe langeSonto."),
}
NAMES = {
    "en": "grinder",
    "sv": "kvarnen",
    "pl": "młynek",
    "ar": "المطحنة",
    "fa": "آسیاب",
    "pt": "moinho",
    "af": "koffiemeule",
    "zu": "umshini",
}


def posts_about(matter: str, texts: tuple[str, ...], language: str = "en", authors: int | None = None) -> list[Post]:
    return [
        post(f"{matter}-{language}-{n}", text, language=language, author=f"{language}{n % (authors or len(texts))}")
        for n, text in enumerate(texts)
    ]


def matter_vectors(*groups: list[Post]) -> dict[str, Vectors]:
    """A direction for each group, with a little of each post's own."""
    vectors = {}
    for place, group in enumerate(groups):
        for number, each in enumerate(group):
            vector = np.zeros(64, dtype=np.float32)
            vector[place], vector[10 + number] = 1.0, 0.3
            vectors[each.message.id] = np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
    return vectors


@pytest.fixture
def grinders() -> list[Post]:
    return [each for language, texts in GRINDERS.items() for each in posts_about("grinder", texts, language)]


@pytest.fixture
def cakes() -> list[Post]:
    return [each for language, texts in CAKES.items() for each in posts_about("cake", texts, language)]


def ids(theme: Theme) -> set[str]:
    return {each.message.id for each in theme.posts}


def test_posts_about_one_matter_form_a_theme_across_languages(grinders: list[Post], cakes: list[Post]) -> None:
    themes = find_themes([*grinders, *cakes], matter_vectors(grinders, cakes))
    assert sorted(len(theme.posts) for theme in themes) == [24, 24]
    assert {each.message.id for each in grinders} in [ids(theme) for theme in themes]


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_theme_is_named_by_the_word_that_its_members_share(
    language: str, grinders: list[Post], cakes: list[Post]
) -> None:
    names = name_theme(grinders, [*grinders, *cakes])
    assert names[language] == NAMES[language]


def test_names_come_in_the_same_order_each_time(grinders: list[Post], cakes: list[Post]) -> None:
    assert list(name_theme(grinders, [*grinders, *cakes])) == sorted(GRINDERS)


def test_a_word_of_one_member_names_nothing() -> None:
    inside = posts_about("a", ("My zeppelin flies.", "A zeppelin again.", "Zeppelin!"), authors=1)
    assert name_theme(inside, inside) == {}


def test_a_word_that_all_use_sets_nothing_apart() -> None:
    inside = posts_about("a", ("Coffee with cardamom.", "Cardamom in coffee!"))
    outside = posts_about("b", ("Coffee again.", "More coffee.", "Coffee and a book.", "Coffee at noon."))
    assert name_theme(inside, [*inside, *outside])["en"] == "cardamom"


def test_two_words_that_belong_together_are_one_name() -> None:
    inside = posts_about("a", ("A flat white please.", "My first flat white!", "Flat white or nothing."))
    outside = posts_about("b", ("Nothing of the kind.", "Something else."))
    assert name_theme(inside, [*inside, *outside])["en"] == "flat white"


def test_little_words_name_nothing() -> None:
    inside = posts_about("a", ("What about this with that?", "What about those with them?"))
    assert name_theme(inside, inside) == {}


def test_a_name_is_written_as_most_members_write_it() -> None:
    inside = posts_about("a", ("Grinders everywhere.", "My grinders sing.", "One grinder."))
    assert name_theme(inside, inside)["en"] == "grinders"


def test_a_language_that_nobody_here_knows_has_no_name() -> None:
    assert name_theme(posts_about("a", ("xxxx yyyy", "xxxx zzzz"), "und"), []) == {}


def test_the_most_typical_posts_come_first(grinders: list[Post], cakes: list[Post]) -> None:
    vectors = matter_vectors(grinders, cakes)
    pure = np.zeros(64, dtype=np.float32)
    pure[0] = 1.0
    vectors[grinders[7].message.id] = pure
    theme = next(t for t in find_themes([*grinders, *cakes], vectors) if grinders[7].message.id in ids(t))
    assert theme.posts[0] == grinders[7]


def test_the_theme_of_most_members_comes_first(grinders: list[Post], cakes: list[Post]) -> None:
    more = [post(f"x{n}", "Another cake, this time with nuts.", author=f"x{n}") for n in range(8)]
    first, second = find_themes([*grinders, *cakes, *more], matter_vectors(grinders, [*cakes, *more]))
    assert len(first.authors) > len(second.authors)
    assert more[0].message.id in ids(first)


def test_what_few_members_say_is_no_theme(grinders: list[Post]) -> None:
    loud = posts_about("loud", ("Zeppelin zeppelin!",) * 20, authors=2)
    themes = find_themes([*grinders, *loud], matter_vectors(grinders, loud))
    assert [ids(theme) for theme in themes] == [{each.message.id for each in grinders}]


@pytest.mark.parametrize("count", [0, 1, 11])
def test_few_posts_hold_no_theme(count: int, grinders: list[Post]) -> None:
    assert find_themes(grinders[:count], matter_vectors(grinders)) == []


def test_posts_without_a_vector_are_left_out(grinders: list[Post], cakes: list[Post]) -> None:
    vectors = matter_vectors(grinders, cakes)
    lost = grinders[0].message.id
    del vectors[lost]
    assert all(lost not in ids(theme) for theme in find_themes([*grinders, *cakes], vectors))


def test_posts_that_all_say_the_same_are_no_theme_and_no_failure(grinders: list[Post]) -> None:
    nothing = {each.message.id: np.zeros(64, dtype=np.float32) for each in grinders}
    assert find_themes(grinders, nothing) == []


def test_of_very_many_posts_a_sample_is_clustered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(themes, "CLUSTERED", 40)
    posts = [post(f"m{n}", "The grinder leaks." if n % 2 else "Lemon cake.", author=f"a{n}") for n in range(200)]
    vectors = {each.message.id: np.eye(2, dtype=np.float32)[n % 2] for n, each in enumerate(posts)}
    found = find_themes(posts, vectors)
    assert sum(len(theme.posts) for theme in found) == 40
    assert {name for theme in found for name in theme.names.values()} == {"grinder leaks", "lemon cake"}
    assert find_themes(posts, vectors) == found
