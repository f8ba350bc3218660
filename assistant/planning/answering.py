"""Answers to questions from the brand's own documents: their sentences as they stand, never a claim of ours."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.domain import Evidence
from assistant.planning.building import Fact, sentence
from assistant.planning.quoting import is_quotable, split_sentences
from knowledge.messages import Post
from knowledge.terms import ask, terms
from knowledge.words import shorten

_LONGEST = 300
"""Characters of an answer: two or three lines."""
_WHOLE = 1_000
"""Characters of a piece that are shown: all, so that the answer is among them."""
_SHARED = 2
"""Telling words of the question that an answer, with its heading, must have."""


def answer_from(documents: Sequence[Post], question: str, language: str) -> Fact | None:
    """The one or two sentences of a document in this language that share most telling words with a question.

    None where too few are shared: a wrong answer in the brand's name costs more than none. A sentence with an address,
    a number or an order in it is no answer for all.
    """
    asked = ask(question, (language,))
    best: tuple[float, Fact] | None = None
    for place, document in enumerate(documents):
        if document.signals.language != language:
            continue
        heading = set(terms(document.message.title or "", language))
        for text in _passages(document.message.text, language):
            said = set(terms(text, language))
            own = sum(word.is_in(said) for word in asked)
            shared = sum(word.is_in(said | heading) for word in asked)
            score = shared + own / 10 - place / 100 - len(text) / 10_000
            if own and shared >= _SHARED and (best is None or score > best[0]):
                best = score, Fact(sentence(text), document_evidence(document))
    return best[1] if best else None


def document_evidence(document: Post) -> Evidence:
    """A piece of the brand's own documents as evidence; its title stands where a member's name would."""
    return Evidence(
        id=f"document:{document.message.id}",
        text=shorten(document.message.text, _WHOLE),
        author=document.message.title or document.author_name,
        channel=document.channel_name,
        visibility=document.visibility,
        language=document.signals.language,
    )


def _passages(text: str, language: str) -> Iterator[str]:
    """Sentences that may be repeated, alone and in pairs."""
    sentences = [each for each in split_sentences(text) if is_quotable(each, language)]
    for passage in (*sentences, *(f"{sentence(one)} {two}" for one, two in pairwise(sentences))):
        if len(passage) <= _LONGEST:
            yield passage
