from datetime import timedelta

import pytest

from assistant.noticing.grief import detect
from knowledge.languages import FIRST_CLASS
from tests.making import NOW, post, view

MOURNING = {
    "en": "My father died on Sunday. He loved this coffee until the end.",
    "sv": "Min pappa dog i söndags. Han ville ha sin kopp in i det sista.",
    "pl": "W niedzielę zmarł mój tata. Lubił tę kawę do końca.",
    "ar": "توفي والدي يوم الأحد، وكان يحب هذه القهوة.",
    "fa": "پدرم یکشنبه درگذشت. این قهوه را خیلی دوست داشت.",
    "pt": "Meu pai faleceu no domingo. Ele gostava muito deste café.",
    "af": "My pa is Sondag oorlede. Hy was lief vir hierdie koffie.",
    "zu": "Ubaba ushonile ngeSonto. Ubelithanda kakhulu leli khofi.",
}
EVERYDAY = {
    "en": "I nearly died laughing, then the battery of the grinder died too.",
    "sv": "Jag dog nästan av skratt, och sen dog batteriet i kvarnen.",
    "pl": "Umarłem ze śmiechu, a potem padła bateria w młynku.",
    "ar": "متنا من الضحك، ثم نفدت بطارية المطحنة.",
    "fa": "از خنده مردیم، بعد باتری آسیاب هم تمام شد.",
    "pt": "Morri de rir, e depois a bateria do moedor acabou.",
    "af": "Ek het my doodgelag, en toe is die meul se battery pap.",
    "zu": "Ngifile yinsini, kwabe sekuphela ibhethri yesigayo.",
}


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_post_that_speaks_of_a_death_is_noticed(language: str) -> None:
    (found,) = detect(view(post("m1", MOURNING[language], language=language, intent="other")))
    assert (found.id, found.situation, found.language) == ("grief:m1", "grief", language)
    assert found.due == NOW - timedelta(hours=1) + timedelta(hours=24)


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_everyday_talk_of_dying_is_no_grief(language: str) -> None:
    assert list(detect(view(post("m1", EVERYDAY[language], language=language)))) == []


def test_the_words_that_were_found_are_shown() -> None:
    (found,) = detect(view(post("m1", MOURNING["sv"], language="sv")))
    assert "pappa dog" in found.why


def test_a_language_without_a_lexicon_is_passed_over() -> None:
    assert list(detect(view(post("m1", "Mein Vater ist am Sonntag gestorben.", language="de")))) == []


def test_grief_that_the_team_has_answered_is_not_noticed() -> None:
    looked = view(post("m1", MOURNING["en"]), post("m2", author="maja", thread="m1", at=NOW))
    assert list(detect(looked)) == []


def test_the_condolences_of_members_do_not_answer_for_the_team() -> None:
    looked = view(post("m1", MOURNING["en"]), post("m2", "Thinking of you.", author="bo", thread="m1", at=NOW))
    assert [found.id for found in detect(looked)] == ["grief:m1"]
