"""Phrasebooks: for each move of each kind, several ways to say it in one language.

A phrase is a sentence with slots in braces. Slots are never inflected, so every sentence is built so that any text
fits. Which (kind, move, situation) exist, and which slots each must use, is fixed by `SLOTS`; the loader refuses a
phrasebook that lacks one, so that what holds in one language holds in all.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from string import Formatter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.errors import BadFile
from prompts.files import ROOT, languages, places, read_yaml

Form = Literal["informal", "formal"]
FORMATS = ("show_your", "before_after", "teach_one", "seven_days")
"""Challenge formats, each with a title, a task and three steps in every phrasebook."""
MIN_VARIANTS = 3

_NONE: frozenset[str] = frozenset()


def _slots(*names: str) -> frozenset[str]:
    return frozenset(names)


SLOTS: Mapping[tuple[str, str, str], frozenset[str]] = {
    ("reply", "greet", "named"): _slots("name"),
    ("reply", "greet", "unnamed"): _NONE,
    **{
        ("reply", "acknowledge", situation): _NONE
        for situation in ("criticism", "criticism_again", "praise", "question", "wish")
    },
    ("reply", "acknowledge", "grief"): _NONE,
    **{("reply", "restate", s): _slots("quote") for s in ("criticism", "praise", "question", "wish", "grief")},
    ("reply", "feel", "criticism"): _NONE,
    ("reply", "feel", "grief"): _NONE,
    ("reply", "own", "criticism"): _NONE,
    ("reply", "explain", "criticism"): _slots("cause"),
    ("reply", "explain", "question"): _slots("answer"),
    ("reply", "repair", "criticism"): _slots("remedy"),
    ("reply", "next_step", "criticism"): _slots("contact"),
    ("reply", "next_step", "question"): _slots("contact"),
    ("reply", "next_step", "wish"): _slots("use"),
    **{("reply", "question", s): _NONE for s in ("criticism", "praise", "question", "wish")},
    **{("reply", "thank", s): _NONE for s in ("criticism", "praise", "question", "wish", "grief")},
    ("apology", "regret", "any"): _slots("what_happened"),
    ("apology", "explain", "any"): _slots("since", "cause"),
    ("apology", "own", "any"): _slots("affected"),
    ("apology", "repent", "any"): _slots("prevention"),
    ("apology", "repair", "any"): _slots("remedy"),
    ("apology", "forgive", "any"): _NONE,
    ("apology", "contact", "any"): _slots("contact"),
    ("poll", "hook", "decision"): _NONE,
    ("poll", "hook", "wishes"): _slots("quote"),
    ("poll", "question", "wishes"): _NONE,
    ("poll", "question", "wishes_about"): _slots("topic"),
    ("poll", "option", "other"): _NONE,
    ("poll", "how_used", "any"): _slots("use"),
    ("poll", "closes", "any"): _slots("date"),
    **{("challenge", "title", f): _slots("topic") for f in FORMATS},
    ("challenge", "why", "topic"): _slots("quote"),
    ("challenge", "why", "topic_goal"): _slots("quote", "goal"),
    **{("challenge", "task", f): _slots("topic") for f in FORMATS},
    **{("challenge", "step", f"{f}_{n}"): _NONE for f in FORMATS for n in (1, 2, 3)},
    ("challenge", "join", "any"): _slots("channel"),
    ("challenge", "deadline", "any"): _slots("date"),
    ("challenge", "recognition", "any"): _slots("recognition"),
    ("challenge", "inclusion", "any"): _NONE,
    ("challenge", "safety", "any"): _slots("safety"),
}
"""(kind, move, situation) -> the slots that each of its phrases must use, all of them and no other."""

OPTIONAL_SLOTS: Mapping[tuple[str, str, str], frozenset[str]] = {
    # A task may leave the topic to the title when the sentence reads better without it.
    **{("challenge", "task", f): _slots("topic") for f in FORMATS},
}


class Phrasebook(BaseModel):
    """One language's phrases. `phrases` maps (kind, move, situation) to variants, each given per form of address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str
    forms: tuple[Form, ...]
    quotes: tuple[str, str]
    phrases: dict[tuple[str, str, str], tuple[dict[Form, str], ...]]

    def variants(self, kind: str, move: str, situation: str, form: Form) -> tuple[str, ...]:
        """The phrases for a move, in the form of address asked for, else in the language's own first form.

        Raises KeyError where the phrasebook has no such move or situation.
        """
        form = self.form(form)
        return tuple(phrase[form] for phrase in self.phrases[kind, move, situation] if form in phrase)

    def form(self, wanted: Form) -> Form:
        """The form of address that this language really uses when `wanted` is asked for."""
        return wanted if wanted in self.forms else self.forms[0]


class _File(BaseModel):
    """How a phrasebook is written: its head, then kind, move, situation and the variants."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, dict[str, tuple[str | dict[Form, str], ...]]]] = Field(init=False)

    language: str
    forms: tuple[Form, ...] = Field(min_length=1)
    quotes: tuple[str, str]


@cache
def phrasebook(language: str) -> Phrasebook:
    """Load and validate prompts/phrasebooks/<language>.yaml. Raises BadFile, or KeyError for an unknown language."""
    if language not in languages("phrasebooks"):
        raise KeyError(language)
    path = ROOT / "phrasebooks" / f"{language}.yaml"
    try:
        file = _File.model_validate(read_yaml(path))
    except ValidationError as error:
        raise BadFile(f"{path}: {places(error)}") from error
    phrases = {
        (kind, move, situation): tuple(dict.fromkeys(file.forms, v) if isinstance(v, str) else v for v in variants)
        for kind, moves in (file.model_extra or {}).items()
        for move, situations in moves.items()
        for situation, variants in situations.items()
    }
    book = Phrasebook(language=file.language, forms=file.forms, quotes=file.quotes, phrases=phrases)
    problems = list(_problems(book))
    if book.language != language:
        problems.append(f"language is “{book.language}”, the file is for “{language}”")
    if problems:
        raise BadFile(f"{path}: " + "; ".join(problems))
    return book


def _problems(book: Phrasebook) -> Iterator[str]:
    for missing in SLOTS.keys() - book.phrases.keys():
        yield f"{'.'.join(missing)} is missing"
    for unknown in book.phrases.keys() - SLOTS.keys():
        yield f"{'.'.join(unknown)} is not a move we know"
    for key in SLOTS.keys() & book.phrases.keys():
        place = ".".join(key)
        for form in book.forms:
            texts = [phrase[form] for phrase in book.phrases[key] if form in phrase]
            if len(set(texts)) < MIN_VARIANTS:
                yield f"{place} has {len(set(texts))} different phrases in the {form} form, needs {MIN_VARIANTS}"
            for text in texts:
                try:
                    used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
                except ValueError as error:
                    yield f"{place}: “{text}”: {error}"
                    continue
                required = SLOTS[key] - OPTIONAL_SLOTS.get(key, _NONE)
                if not required <= used <= SLOTS[key]:
                    yield f"{place}: “{text}” must use exactly the slots {sorted(SLOTS[key])}"
