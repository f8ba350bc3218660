"""The real language detector on short posts as members write them."""

from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.languages import (
    FIRST_CLASS,
    NEIGHBOURS,
    UNDETERMINED,
    Detection,
    LanguageModel,
    direction,
    language_name,
)

POSTS = {
    "en": (
        "My grinder arrived today and it is wonderfully quiet.",
        "Does anyone know when the new beans are back in stock?",
        "Third delivery in a row that came late, not happy.",
        "Thanks for the quick answer, that fixed it!",
        "Would love to see a smaller bag size next year.",
        "How often do you descale your machine at home?",
    ),
    "sv": (
        "Min kvarn kom idag och den är underbart tyst.",
        "Vet någon när de nya bönorna finns i lager igen?",
        "Tredje leveransen i rad som är försenad, inte nöjd.",
        "Tack för det snabba svaret, det löste problemet!",
        "Jag skulle gärna se en mindre påse nästa år.",
        "Hur ofta brukar ni avkalka maskinen hemma?",
    ),
    "pl": (
        "Mój młynek przyszedł dzisiaj i jest cudownie cichy.",
        "Czy ktoś wie, kiedy nowe ziarna znowu będą dostępne?",
        "Trzecia paczka z rzędu, która przyszła za późno.",
        "Dzięki za szybką odpowiedź, już działa!",
        "Chętnie zobaczyłabym mniejsze opakowanie.",
        "Jak często odkamieniacie ekspres w domu?",
    ),
    "ar": (
        "وصلت المطحنة اليوم وهي هادئة بشكل رائع.",
        "هل يعرف أحد متى ستتوفر الحبوب الجديدة مرة أخرى؟",
        "هذا ثالث طرد يصل متأخرا، لست راضيا.",
        "شكرا على الرد السريع، لقد حل المشكلة!",
        "أتمنى لو توفرون عبوة أصغر حجما.",
        "كم مرة تنظفون آلة القهوة في البيت؟",
    ),
    "fa": (
        "آسیابم امروز رسید و خیلی بی‌صداست.",
        "کسی می‌داند دانه‌های جدید کی دوباره موجود می‌شوند؟",
        "این سومین بسته‌ای است که دیر می‌رسد، راضی نیستم.",
        "ممنون از پاسخ سریع، مشکلم حل شد!",
        "کاش بسته‌بندی کوچک‌تر هم داشتید.",
        "شما هر چند وقت یک بار دستگاه را تمیز می‌کنید؟",
    ),
    "pt": (
        "O meu moinho chegou hoje e é muito silencioso.",
        "Alguém sabe quando os novos grãos voltam ao estoque?",
        "Terceira encomenda seguida que chega atrasada.",
        "Obrigada pela resposta rápida, já funciona!",
        "Gostaria muito de ver um pacote menor.",
        "Com que frequência vocês limpam a máquina em casa?",
    ),
    "af": (
        "My koffiemeule het vandag aangekom en dis heerlik stil.",
        "Weet iemand wanneer die nuwe bone weer beskikbaar is?",
        "Dit is die derde pakkie wat te laat kom, ek is nie tevrede nie.",
        "Baie dankie vir die vinnige antwoord, dit werk nou!",
        "Ek sal graag 'n kleiner sakkie wil sien.",
        "Hoe gereeld maak julle die masjien skoon?",
    ),
    "zu": (
        "Umshini wami wokugaya ufike namuhla futhi uthule kakhulu.",
        "Ukhona owaziyo ukuthi amabhontshisi amasha azobuya nini?",
        "Leli iphasela lesithathu lifika sekwephuzile, angijabulile.",
        "Ngiyabonga ngempendulo esheshayo, sekuyasebenza manje!",
        "Bengifisa ukubona isikhwama esincane.",
        "Niwuhlanza kangaki umshini wenu ekhaya?",
    ),
}
OURS = [(language, text) for language, texts in POSTS.items() for text in texts]

THEIRS = [
    ("nl", "Mijn koffiemolen is vandaag aangekomen en hij is heerlijk stil."),
    ("nl", "Weet iemand wanneer de nieuwe bonen weer leverbaar zijn?"),
    ("nl", "Bedankt voor het snelle antwoord, het werkt nu!"),
    ("xh", "Umatshini wam ufikile namhlanje kwaye ndiyawuthanda kakhulu."),
    ("xh", "Ngaba ukhona owaziyo ukuba ziya kubuya nini iimbotyi ezintsha?"),
    ("xh", "Enkosi ngempendulo ekhawulezileyo, ngoku iyasebenza!"),
    ("nb", "Vet noen når de nye bønnene kommer tilbake på lager?"),
    ("da", "Er der nogen, der ved, hvornår de nye bønner er på lager igen?"),
    ("es", "¿Alguien sabe cuándo vuelven los granos nuevos?"),
    ("ur", "میری مشین آج آ گئی ہے اور یہ بہت خاموش ہے۔"),
    ("cs", "Můj mlýnek přišel dnes a je úžasně tichý."),
]
"""The close relatives of our languages, which must not be taken for them."""

CLEAR_THEIRS = [
    ("nl", "Mijn koffiemolen is vandaag aangekomen en hij is heerlijk stil. Ik ben er erg blij mee, dank jullie wel."),
    ("xh", "Ngaba ukhona owaziyo ukuba ziya kubuya nini iimbotyi ezintsha? Ndilindile iiveki ezintathu ngoku."),
    ("es", "Mi molinillo llegó hoy y es muy silencioso. ¿Alguien sabe cuándo vuelven los granos nuevos?"),
]


@pytest.mark.parametrize(("language", "text"), OURS)
@pytest.mark.parametrize("expected", [(), FIRST_CLASS], ids=["of any community", "of ours"])
def test_a_short_post_is_known_by_its_language(
    language: str, text: str, expected: Collection[str], languages: LanguageModel
) -> None:
    assert languages.detect(text, expected=expected).language == language


@pytest.mark.parametrize("language", FIRST_CLASS)
@pytest.mark.parametrize("hint", FIRST_CLASS)
def test_a_clear_post_is_not_swayed_by_what_it_answers(language: str, hint: str, languages: LanguageModel) -> None:
    found = {languages.detect(text, expected=FIRST_CLASS, hint=hint).language for text in POSTS[language]}
    assert found == {language}


@pytest.mark.parametrize(("language", "text"), THEIRS)
def test_a_neighbour_is_not_taken_for_one_of_ours(language: str, text: str, languages: LanguageModel) -> None:
    assert languages.detect(text).language == language


@pytest.mark.parametrize(("language", "text"), CLEAR_THEIRS)
def test_a_clear_neighbour_is_known_even_where_nobody_expects_it(
    language: str, text: str, languages: LanguageModel
) -> None:
    assert languages.detect(text, expected=FIRST_CLASS).language == language


def test_what_a_community_speaks_decides_between_near_relatives(languages: LanguageModel) -> None:
    text = "Hou die water warm"
    assert languages.detect(text, expected=["af"]).language == "af"
    assert languages.detect(text, expected=["nl"]).language == "nl"


@pytest.mark.parametrize("hint", FIRST_CLASS)
@pytest.mark.parametrize("text", ["ok", "OK!", "lol", "haha", "wow", "top", "👍", "+1", "...", "", "@anna", ":tada:"])
def test_a_post_that_says_nothing_is_in_the_language_of_what_it_answers(
    text: str, hint: str, languages: LanguageModel
) -> None:
    assert languages.detect(text, expected=FIRST_CLASS, hint=hint).language == hint


@pytest.mark.parametrize(("language", "text"), [("pl", "już?"), ("ja", "はい")])
def test_a_word_that_only_one_language_has_is_clear(language: str, text: str, languages: LanguageModel) -> None:
    assert languages.detect(text, hint="en").language == language


@pytest.mark.parametrize(
    "text", ["", "   ", "👍👍", "12:30", "a", "https://example.com/some/english/words", "`code here`"]
)
def test_a_post_without_words_has_no_language(text: str, languages: LanguageModel) -> None:
    assert languages.detect(text, expected=FIRST_CLASS) == Detection(UNDETERMINED, 0.0)


@pytest.mark.parametrize("text", ["สวัสดีครับ ทุกคนสบายดีไหม", "გამარჯობა, როგორ ხართ", "שלום לכולם", "नमस्ते दोस्तों", "เพื่อน"])
@pytest.mark.parametrize("hint", [None, "en"])
def test_a_script_that_nobody_here_writes_has_no_language(
    text: str, hint: str | None, languages: LanguageModel
) -> None:
    assert languages.detect(text, expected=FIRST_CLASS, hint=hint) == Detection(UNDETERMINED, 0.0)


@pytest.mark.parametrize(
    "noise",
    [
        "https://example.com/the/best/coffee/grinder/for/you",
        "```\nprint('this is the output of the program that I wrote')\n```",
        "`this is what the program says when it starts`",
        "@the_best_coffee_grinder #english_only",
        "someone.with.a.long.english.name@example.com",
    ],
)
def test_links_names_and_code_say_nothing_about_the_language(noise: str, languages: LanguageModel) -> None:
    assert languages.detect(f"{noise} Det fungerar inte hos mig", expected=FIRST_CLASS).language == "sv"


def test_a_probability_is_one(languages: LanguageModel) -> None:
    for text in ("ok", "Hou die water warm", "Tack så mycket för hjälpen med min kvarn"):
        assert 0.0 < languages.detect(text, expected=["sv"], hint="af").probability <= 1.0


def test_an_expected_language_is_more_probable_than_a_stranger(languages: LanguageModel) -> None:
    text = "Umatshini wam ufikile"
    alone, expected = languages.detect(text), languages.detect(text, expected=["xh"])
    assert alone.language == expected.language == "xh"
    assert expected.probability > alone.probability


@pytest.mark.parametrize("text", ["a" * 100_000, "a@" * 50_000, "`" * 50_001, "x@" + "y" * 100_000, "ok yes " * 15_000])
def test_a_post_without_end_takes_no_time(text: str, languages: LanguageModel) -> None:
    assert 0.0 <= languages.detect(text).probability <= 1.0


@given(st.text(max_size=60), st.sampled_from([None, "en", "fa", "und"]))
@settings(deadline=None, max_examples=60)
def test_any_text_gets_a_language(languages: LanguageModel, text: str, hint: str | None) -> None:
    found = languages.detect(text, expected=FIRST_CLASS, hint=hint)
    assert found.language in (*FIRST_CLASS, *NEIGHBOURS, UNDETERMINED)
    assert 0.0 <= found.probability <= 1.0


@pytest.mark.parametrize(
    ("code", "name"),
    [("pl", "Polish (pl)"), ("zu", "Zulu (zu)"), ("und", "und"), ("", ""), ("zz", "zz"), ("x y", "x y")],
)
def test_a_language_is_called_by_its_name_where_it_has_one(code: str, name: str) -> None:
    assert language_name(code) == name


@pytest.mark.parametrize("code", FIRST_CLASS)
def test_a_language_is_written_in_its_direction(code: str) -> None:
    assert direction(code) == ("rtl" if code in ("ar", "fa") else "ltr")
