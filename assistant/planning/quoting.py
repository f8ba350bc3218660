"""Choosing a member's own words to quote: a clause with content, never an order, an insult or personal data."""

from collections.abc import Collection, Iterator
from functools import cache

import regex

from knowledge.words import stems
from prompts.files import languages
from prompts.lexicon import Lexicon, lexicon

MAX_QUOTE = 160
"""Characters of a quoted clause: about two lines."""

# A mark inside a word or a number ends nothing: 12.50, 10:30, anna.berg@example.org.
_SENTENCE = regex.compile(r"(?:[^.!?؟。…\n]|(?<=\S)[.!?](?=[\p{L}\p{N}/]))+[.!?؟。…]*")
_CLAUSE = regex.compile(r"(?:[^,;:–—،؛()]|(?<=\S)[,:](?=[\p{L}\p{N}/])|(?<=\p{N})–(?=\p{N}))+")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’\u200c-]+")
# Links, addresses, mentions, phone numbers: what leads to a person or away from here.
_REACHES = r"https?:|www\.|\S+@\S+\.\S+|@\w|\d[\d .()/-]{6,}\d"
_REACHING = regex.compile(_REACHES, regex.IGNORECASE)
# These, and domains, long numbers, markup, code, list marks: not a member's words, or not to be repeated.
_UNQUOTABLE = regex.compile(
    rf"{_REACHES}|(?-i:[\p{{L}}\p{{N}}]\.[a-z]{{2,}})|#\w+#|\d{{4,}}|[<>{{}}`\[\]|$\\_=*]|:[a-z_]{{3,}}:|^\s*[-*>]",
    regex.IGNORECASE,
)
# Marks that would close the quotation, and invisible ones that would turn the direction of what follows.
_QUOTES = regex.compile(r"[\"“”„«»\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def reads_like_an_order(text: str) -> bool:
    """Whether a post tries to instruct the assistant, in any language we know."""
    return any(book.patterns["instructions"].search(text) for book in _lexicons())


def pick_quote(
    text: str, language: str, *, intent: str = "", about: Collection[str] = (), longest: int = MAX_QUOTE
) -> str | None:
    """The clause of `text` that says most, ready to stand in quotation marks; None where none may be quoted.

    `intent` “question” prefers what is asked, “wish” what is wished for. `about` holds stems that matter here (of the
    topic, of similar posts): a clause with more of them says more about the matter than about the weather.
    """
    if reads_like_an_order(text):
        return None  # its other sentences may belong to the order
    best: tuple[float, str] | None = None
    for position, clause in enumerate(_clauses(text, language, longest)):
        words = _WORD.findall(clause)
        if not 3 <= len(words) <= 40 or not is_quotable(clause, language):
            continue
        content = stems(clause, language)
        score = min(len(content), 9) + 1.5 * len(content & set(about)) - 0.1 * position
        if intent == "wish" and is_a_wish(clause, language):
            score += 20 - 3 * position  # who wishes for something says so first, and then why
        elif clause.endswith(("?", "؟")):
            score += 6 if intent == "question" else -3
        if best is None or score > best[0]:
            best = score, clause
    return best[1] if best else None


def is_quotable(clause: str, language: str) -> bool:
    """Whether a clause holds no link, address, number or markup, no insult (in its language or English), no order."""
    return not (_UNQUOTABLE.search(clause) or reads_like_an_order(clause) or _is_rude(clause, language))


def may_be_greeted(name: str, language: str) -> bool:
    """Whether a member's name may stand in a greeting. Names are free text too: it is no address, insult or order."""
    return not (_REACHING.search(name) or reads_like_an_order(name) or _is_rude(name, language))


def _is_rude(text: str, language: str) -> bool:
    rude = (book for book in _lexicons() if book.language in (language, "en"))
    return any(book.patterns["insults"].search(text) for book in rude)


def is_a_wish(clause: str, language: str) -> bool:
    """Whether a clause says that something is wished for."""
    return any(book.patterns["wishing"].search(clause) for book in _lexicons() if book.language == language)


def _clauses(text: str, language: str, longest: int) -> Iterator[str]:
    for sentence in _SENTENCE.findall(text):
        whole = tidy(sentence)
        if len(whole) <= longest and is_quotable(whole, language):
            yield whole
        else:
            yield from (part for part in map(tidy, _CLAUSE.findall(sentence)) if len(part) <= longest)


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, on one line each."""
    return [" ".join(each.split()) for each in _SENTENCE.findall(text) if each.strip()]


def tidy(clause: str) -> str:
    """A clause as it stands between quotation marks: no marks of its own, no closing stop but a question mark."""
    return " ".join(_QUOTES.sub("", clause).split()).strip(" .,;:!…،؛–—-")


@cache
def _lexicons() -> tuple[Lexicon, ...]:
    return tuple(lexicon(language) for language in languages("lexicons"))
