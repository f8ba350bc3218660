"""The shipped heads with the real embedder: what members of eight languages mean."""

import json
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from knowledge.embedding import Vectors
from knowledge.heads.train import fit, labelled_examples, own_examples
from knowledge.history import Understanding
from knowledge.languages import FIRST_CLASS, Detection
from knowledge.messages import Signals
from knowledge.signals import INTENTS, SENTIMENTS, Heads, load_heads

CLEAR = {
    "en": {
        "complaint": "The lamp I ordered arrived smashed and nobody answers my emails. Terrible service.",
        "question": "Does anyone know which screws fit the wall mount?",
        "praise": "The new lamp is fantastic, the light is warm and it looks beautiful.",
        "wish": "It would be great if you also sold the lamp in green.",
        "thanks": "Thank you so much for your help, everyone!",
    },
    "sv": {
        "complaint": "Lampan kom krossad och ingen svarar på mina mejl. Jag är så besviken, usel service.",
        "question": "Vet någon vilka skruvar som passar väggfästet?",
        "praise": "Den nya lampan är underbar, kvaliteten är fantastisk och ljuset är så vackert.",
        "wish": "Det vore toppen om ni kunde sälja lampan i grönt också.",
        "thanks": "Tusen tack för hjälpen allihop!",
    },
    "pl": {
        "complaint": "Lampa, którą zamówiłam, przyszła stłuczona, a obsługa mnie ignoruje. Jestem wściekła.",
        "question": "Czy ktoś wie, jakie śruby pasują do uchwytu ściennego?",
        "praise": "Nowa lampa jest fantastyczna, daje ciepłe światło i pięknie wygląda.",
        "wish": "Fajnie by było, gdyby ta lampa była dostępna też w zielonym kolorze.",
        "thanks": "Bardzo wam dziękuję za pomoc!",
    },
    "ar": {
        "complaint": "المصباح الذي طلبته وصل مكسورا ولا أحد يرد على رسائلي. خدمة سيئة جدا.",
        "question": "هل يعرف أحد أي براغي تناسب حامل الجدار؟",
        "praise": "المصباح الجديد رائع، ضوؤه دافئ وشكله جميل جدا.",
        "wish": "سيكون رائعا لو أضفتم اللون الأخضر أيضا.",
        "thanks": "شكرا جزيلا لكم جميعا على المساعدة!",
    },
    "fa": {
        "complaint": "چراغی که سفارش دادم شکسته رسید و هیچ‌کس جواب ایمیل‌هایم را نمی‌دهد. خدمات افتضاح است.",
        "question": "کسی می‌داند کدام پیچ‌ها به پایه دیواری می‌خورند؟",
        "praise": "چراغ جدید فوق‌العاده است، نورش گرم است و خیلی زیباست.",
        "wish": "کاش این چراغ را به رنگ سبز هم می‌فروختید.",
        "thanks": "از همه برای کمکتان خیلی ممنونم!",
    },
    "pt": {
        "complaint": "O candeeiro que encomendei chegou partido e ninguém responde aos meus emails. Péssimo serviço.",
        "question": "Alguém sabe quais parafusos servem no suporte de parede?",
        "praise": "O novo candeeiro é uma maravilha, a qualidade é excelente e a luz é linda.",
        "wish": "Gostava muito que também vendessem o candeeiro em verde.",
        "thanks": "Muito obrigada a todos pela ajuda!",
    },
    "af": {
        "complaint": "Die lamp wat ek bestel het, kom stukkend aan en niemand antwoord my e-posse nie. Swak diens.",
        "question": "Weet iemand watter skroewe by die muurhouer pas?",
        "praise": "Die nuwe lamp is fantasties, die lig is warm en dit lyk pragtig.",
        "wish": "Dit sal wonderlik wees as julle die lamp ook in groen kan verkoop.",
        "thanks": "Baie dankie vir julle almal se hulp!",
    },
    "zu": {
        "complaint": "Isibani sami sifike siphukile futhi akekho ophendula ama-imeyili ami. Insizakalo embi kakhulu.",
        "question": "Ukhona owaziyo ukuthi yiziphi izikulufu ezingena odongeni?",
        "praise": "Isibani esisha sihle kakhulu, ukukhanya kwaso kumnandi ngempela.",
        "wish": "Kungaba kuhle uma ningathengisa isibani esiluhlaza.",
        "thanks": "Ngiyabonga kakhulu ngosizo lwenu nonke!",
    },
}
"""What nobody could take for anything else, about things that the training examples do not speak of."""

MILD = {
    "en": ("A bit disappointed with the colour.", "Works well so far."),
    "sv": ("Lite besviken på färgen.", "Funkar bra hittills."),
    "pl": ("Ostatnio działa dość wolno, trochę to denerwuje.", "Na razie działa dobrze."),
    "ar": ("أصبح بطيئا في الفترة الأخيرة، هذا مزعج قليلا.", "يعمل جيدا حتى الآن."),
    "fa": ("این اواخر کند شده و کمی اعصاب‌خردکن است.", "فعلا خوب کار می‌کند."),
    "pt": ("Um pouco desiludida com a cor.", "Até agora funciona bem."),
    "af": ("Bietjie teleurgesteld met die kleur.", "Werk goed tot dusver."),
    "zu": ("Umbala ungidumazile kancane.", "Kusebenza kahle kuze kube manje."),
}
"""A complaint and a praise with little force, of which the heads may be unsure."""

SIGNS = {"complaint": "negative", "praise": "positive", "thanks": "positive"}
AGAINST = {"negative": {"positive", "praise", "thanks"}, "positive": {"negative", "complaint"}}

EXAMPLES = own_examples()
WORDS = files("knowledge") / "heads" / "examples"


@pytest.fixture(scope="module")
def read(understanding: Understanding) -> dict[str, Signals]:
    """The signals of all texts of this module, embedded once."""
    texts = [text for intents in CLEAR.values() for text in intents.values()]
    texts += [text for pair in MILD.values() for text in pair]
    features = understanding.embedder.encode(texts).features
    signals = load_heads().read(features, [Detection("en", 1.0)] * len(texts))
    return dict(zip(texts, signals, strict=True))


@pytest.mark.parametrize("intent", CLEAR["en"])
@pytest.mark.parametrize("language", FIRST_CLASS)
def test_what_is_clearly_said_is_understood(language: str, intent: str, read: dict[str, Signals]) -> None:
    assert read[CLEAR[language][intent]].intent == intent


@pytest.mark.parametrize("intent", SIGNS)
@pytest.mark.parametrize("language", FIRST_CLASS)
def test_what_is_clearly_felt_is_felt_or_unsure(language: str, intent: str, read: dict[str, Signals]) -> None:
    assert read[CLEAR[language][intent]].sentiment in (SIGNS[intent], "unsure")


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_question_and_a_wish_are_no_complaint(language: str, read: dict[str, Signals]) -> None:
    assert "negative" not in {read[CLEAR[language][intent]].sentiment for intent in ("question", "wish")}


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_what_is_mildly_said_is_never_taken_for_its_opposite(language: str, read: dict[str, Signals]) -> None:
    for text, sign in zip(MILD[language], ("negative", "positive"), strict=True):
        assert not {read[text].intent, read[text].sentiment} & AGAINST[sign], text


@pytest.mark.parametrize("text", ["", "👍", "ok", "\u200c", "1234", "https://example.com", "x" * 5000])
def test_a_text_that_says_little_is_read_without_a_fuss(text: str, understanding: Understanding) -> None:
    (signals,) = load_heads().read(understanding.embedder.encode([text]).features, [Detection("und", 0.0)])
    assert signals.language == "und"
    assert 0.0 < signals.intent_p <= 1.0


def test_the_heads_are_those_of_the_labels() -> None:
    heads: Heads = load_heads()
    assert heads.sentiment.weights.shape == (384, len(SENTIMENTS))
    assert heads.intent.weights.shape == (384, len(INTENTS))
    assert 1 / len(INTENTS) < heads.intent.threshold < 1.0
    assert 1 / len(SENTIMENTS) < heads.sentiment.threshold < 1.0


def test_the_heads_are_loaded_once() -> None:
    assert load_heads() is load_heads()


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_each_language_has_enough_examples_of_every_intent(language: str) -> None:
    counts = Counter(EXAMPLES.intents[EXAMPLES.languages == language])
    assert set(counts) == set(INTENTS)
    assert min(counts.values()) >= 30


def test_examples_carry_labels_that_exist() -> None:
    assert set(EXAMPLES.sentiments) == set(SENTIMENTS)
    assert all(text.strip() for text in EXAMPLES.texts)


def test_no_example_is_there_twice() -> None:
    assert len(set(EXAMPLES.texts)) == len(EXAMPLES.texts)


def test_what_is_tested_here_was_never_trained_on() -> None:
    tested = {text for intents in CLEAR.values() for text in intents.values()} | {t for p in MILD.values() for t in p}
    assert not tested & set(EXAMPLES.texts)


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_each_line_of_the_examples_is_a_text_with_two_labels(language: str) -> None:
    for line in (WORDS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
        assert json.loads(line).keys() == {"text", "intent", "sentiment"}


def test_without_tweets_there_are_none_to_train_on() -> None:
    assert labelled_examples(None).texts == []


def test_training_learns_what_it_is_shown() -> None:
    features: Vectors = np.repeat(np.eye(2, 4, dtype=np.float32), 5, axis=0)
    labels = np.array(["praise"] * 5 + ["complaint"] * 5)
    model = fit(features, labels, np.ones(10), 10.0)
    assert list(model.predict(features)) == list(labels)
