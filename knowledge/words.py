"""Words of a text, reduced so that two forms of one word meet: “młynki” and “młynków”, “grinder” and “grinders”."""

from functools import lru_cache

import regex

_WORD = regex.compile(r"[\p{L}\p{M}'’\u200c-]{4,}")
# Each alternative starts where a word does and never steps back: a post of 100,000 letters takes no longer than others.
_NOT_WORDS = regex.compile(
    r"https?://\S+|(?<!\S)[^\s@]++@\S+|[@#][\p{L}\p{N}_.-]+|:[a-z0-9_+-]+:|```.*?```|`[^`]*`", regex.DOTALL
)
_STEM = 5
"""Letters that the forms of a word share: at its beginning, in isiZulu (which inflects by prefixes) at its end."""


@lru_cache(20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of four letters or more, in lower case and in order, without links, mentions and code."""
    return tuple(_WORD.findall(_NOT_WORDS.sub(" \n ", text).lower()))


def stem(form: str, language: str) -> str:
    """What the forms of a word, or of several, have in common."""
    return " ".join(word[-_STEM:] if language == "zu" else word[:_STEM] for word in form.split())


def stems(text: str, language: str) -> set[str]:
    """The stems of a text's words."""
    return {stem(word, language) for word in words(text)}


def shorten(text: str, longest: int = 90) -> str:
    """The beginning of a text on one line, in whole words where they are short enough for that."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    space = line.rfind(" ", longest // 2, longest)
    return line[: space if space > 0 else longest - 1].rstrip(" ,;:،؛") + "…"
