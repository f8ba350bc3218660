import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain import KINDS, Kind
from assistant.errors import Refused
from assistant.requests import read_request
from knowledge.languages import FIRST_CLASS
from tests import making

PROFILE = making.profile()


def read(text: str) -> tuple[Kind, str, str]:
    brief = read_request(text, PROFILE)
    return brief.kind, brief.language, brief.topic


@pytest.mark.parametrize(
    ("text", "kind", "language", "topic"),
    [
        ("a reply about the late parcel", "reply", "en", "late parcel"),
        ("an apology statement for the leaking bags", "apology", "en", "leaking bags"),
        ("a poll about grinders", "poll", "en", "grinders"),
        ("Write a challenge on latte art, please!", "challenge", "en", "latte art"),
        ("ett svar om sena paket", "reply", "sv", "sena paket"),
        ("en ursäkt för de läckande påsarna", "apology", "sv", "läckande påsarna"),
        ("gör en omröstning om kvarnar, tack", "poll", "sv", "kvarnar"),
        ("en utmaning om latte art", "challenge", "sv", "latte art"),
        ("odpowiedź w sprawie spóźnionej paczki", "reply", "pl", "spóźnionej paczki"),
        ("przeprosiny dotyczące nieszczelnych paczek", "apology", "pl", "nieszczelnych paczek"),
        ("proszę o ankietę na temat młynków", "poll", "pl", "młynków"),
        ("wyzwanie na temat latte art", "challenge", "pl", "latte art"),
        ("رد عن التأخير", "reply", "ar", "التأخير"),
        ("اعتذار عن الأكياس", "apology", "ar", "الأكياس"),
        ("استطلاع عن المطاحن", "poll", "ar", "المطاحن"),
        ("تحد عن رسم اللاتيه", "challenge", "ar", "رسم اللاتيه"),
        ("پاسخ دربارهٔ تأخیر", "reply", "fa", "تأخیر"),
        ("عذرخواهی بابت بسته‌های نشتی", "apology", "fa", "بسته‌های نشتی"),
        ("یک نظرسنجی دربارهٔ آسیاب‌ها", "poll", "fa", "آسیاب‌ها"),
        ("چالش درباره لاته آرت", "challenge", "fa", "لاته آرت"),
        ("uma resposta sobre o atraso", "reply", "pt", "atraso"),
        ("um pedido de desculpas sobre os pacotes", "apology", "pt", "pacotes"),
        ("uma enquete sobre moedores", "poll", "pt", "moedores"),
        ("um desafio sobre latte art", "challenge", "pt", "latte art"),
        ("'n antwoord oor die laat pakkie", "reply", "af", "laat pakkie"),
        ("'n verskoning oor die sakke", "apology", "af", "sakke"),
        ("'n peiling oor meule", "poll", "af", "meule"),
        ("'n uitdaging oor latte-kuns", "challenge", "af", "latte-kuns"),
        ("impendulo mayelana nephasela", "reply", "zu", "nephasela"),
        ("uxolo mayelana nezikhwama", "apology", "zu", "nezikhwama"),
        ("inhlolovo mayelana nezigayo", "poll", "zu", "nezigayo"),
        ("inselelo nge-latte art", "challenge", "zu", "latte art"),
    ],
)
def test_a_request_is_read_in_each_of_our_languages(text: str, kind: Kind, language: str, topic: str) -> None:
    assert read(text) == (kind, language, topic)


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("a poll about grinders in Polish", "pl", "grinders"),
        ("a poll about grinders in isiZulu", "zu", "grinders"),
        ("a poll about grinders in Farsi", "fa", "grinders"),
        ("en omröstning om kvarnar på engelska", "en", "kvarnar"),
        ("en omröstning om kvarnar på zulu", "zu", "kvarnar"),
        ("ankieta na temat młynków po szwedzku", "sv", "młynków"),
        ("ankieta na temat młynków po polsku", "pl", "młynków"),
        ("ankieta na temat młynków w języku portugalskim", "pt", "młynków"),
        ("استطلاع عن المطاحن بالبولندية", "pl", "المطاحن"),
        ("استطلاع عن المطاحن باللغة الإنجليزية", "en", "المطاحن"),
        ("نظرسنجی دربارهٔ آسیاب به لهستانی", "pl", "آسیاب"),
        ("نظرسنجی دربارهٔ آسیاب به زبان سوئدی", "sv", "آسیاب"),
        ("uma enquete sobre moedores em africâner", "af", "moedores"),
        ("'n peiling oor meule in Pools", "pl", "meule"),
        ("inhlolovo mayelana nezigayo ngesiNgisi", "en", "nezigayo"),
        ("inhlolovo mayelana nezigayo ngesi-Swedish", "sv", "nezigayo"),
    ],
)
def test_a_language_that_is_named_is_the_one_to_write_in(text: str, language: str, topic: str) -> None:
    assert read(text) == ("poll", language, topic)


@pytest.mark.parametrize(
    "name", ["Afrikaans", "Arabic", "English", "Persian", "Polish", "Portuguese", "Swedish", "Zulu"]
)
@pytest.mark.parametrize(
    "text", ["a poll about grinders in {}", "a {} poll about grinders", "in {}, a poll about grinders"]
)
def test_a_language_is_found_wherever_it_is_named(text: str, name: str) -> None:
    kind, language, topic = read(text.format(name))
    assert (kind, topic) == ("poll", "grinders")
    assert language == {"Persian": "fa", "Polish": "pl", "Portuguese": "pt", "Swedish": "sv"}.get(
        name, name[:2].lower()
    )


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("a poll about Portuguese coffee in Swedish", "sv", "Portuguese coffee"),
        ("in Swedish, a poll about Portuguese coffee", "sv", "Portuguese coffee"),
        ("en omröstning om portugisiska bönor på polska", "pl", "portugisiska bönor"),
    ],
)
def test_of_two_languages_the_one_to_write_in_is_meant(text: str, language: str, topic: str) -> None:
    assert read(text)[1:] == (language, topic)


def test_who_asks_in_english_wants_the_default_language() -> None:
    assert read_request("a poll about grinders", making.profile(default_language="pl")).language == "pl"


def test_who_asks_in_another_language_wants_that_one() -> None:
    assert read_request("en omröstning om kvarnar", making.profile(default_language="pl")).language == "sv"


def test_what_is_given_beside_the_words_wins_over_them() -> None:
    brief = read_request("a poll about grinders in Polish", PROFILE, kind="challenge", language="fa")
    assert (brief.kind, brief.language, brief.topic) == ("challenge", "fa", "grinders")


def test_a_kind_that_is_given_need_not_be_named() -> None:
    brief = read_request("grinders", PROFILE, kind="poll")
    assert (brief.kind, brief.topic) == ("poll", "grinders")


@pytest.mark.parametrize("text", ["grinders", "", "   ", "something nice in Polish"])
def test_a_request_that_names_no_kind_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(Refused) as problem:
        read_request(text, PROFILE)
    assert all(kind in str(problem.value) for kind in KINDS)


def test_the_kind_that_is_named_first_is_meant() -> None:
    assert read("a challenge about the best reply")[0] == "challenge"
    assert read("a reply to the apology")[0] == "reply"


@pytest.mark.parametrize("text", ["poll", "a poll", "please write us a poll!", "a poll in English"])
def test_a_request_without_a_topic_has_none(text: str) -> None:
    assert read(text) == ("poll", "en", "")


def test_line_breaks_and_spaces_mean_nothing() -> None:
    assert read("  a poll\n about \t grinders ") == ("poll", "en", "grinders")


def test_a_request_that_goes_on_and_on_has_a_topic_of_bearable_length() -> None:
    assert len(read("a poll about " + "grinders " * 500)[2]) <= 200


@given(text=st.text(max_size=60), kind=st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_is_read_or_refused(text: str, kind: Kind) -> None:
    brief = read_request(text, PROFILE, kind=kind)
    assert brief.kind == kind
    assert brief.language in FIRST_CLASS
    assert brief.topic == " ".join(brief.topic.split())
