"""The draft is in the language of its plan."""

from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding

_ENOUGH = 40
"""Letters below which a text is too short to tell."""
_SURE = 0.7


def check(subject: Subject) -> Iterator[Finding]:
    """The draft as a whole, then each long segment by itself: a model may slip in the middle."""
    wanted = subject.plan.language
    parts = [(move, subject.own_words(move, segment)) for move, segment in subject.pairs]
    whole = " ".join(words for _, words in parts)
    if _letters(whole) >= _ENOUGH and (found := subject.detect(whole)).language != wanted:
        yield finding("language", "block", f"is in “{found.language}”, wanted is “{wanted}”.")
        return
    for move, words in parts:
        # Short sentences of close relatives are easily confused, so a slip must be plain to count.
        if _letters(words) >= 2 * _ENOUGH:
            found = subject.detect(words)
            if found.language != wanted and found.probability >= _SURE:
                yield finding("language", "block", f"is in “{found.language}”, wanted is “{wanted}”.", move)


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)
