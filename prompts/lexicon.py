"""Lexicons: per language, the words by which the checks and the planners recognise an offer, a commitment, an argument,
an insult, an order to the assistant, a wish, a death, a form of address, and the parts of a request.

Entries are regular expressions for the `regex` module, matched without regard to case and on whole words.
"""

from collections.abc import Iterable, Mapping
from functools import cache, cached_property

import regex
from pydantic import BaseModel, ConfigDict, ValidationError

from prompts.errors import BadFile
from prompts.files import ROOT, languages, places, read_yaml

REMEDIES = ("refund", "discount", "free", "replacement", "compensation", "gift", "warranty")
"""Categories of what a brand can offer. Every lexicon has words for each."""
KINDS = ("reply", "apology", "poll", "challenge")


class Request(BaseModel):
    """How a person asks for a draft: words for each kind, words that introduce the topic, words to drop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: dict[str, tuple[str, ...]]
    about: tuple[str, ...]
    drop: tuple[str, ...]


class Lexicon(BaseModel):
    """One language's word lists."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    language: str
    remedies: dict[str, tuple[str, ...]]
    commitments: tuple[str, ...]
    arguing: tuple[str, ...]
    deleting: tuple[str, ...]
    insults: tuple[str, ...]
    wishing: tuple[str, ...]
    grief: tuple[str, ...]
    instructions: tuple[str, ...]
    address: dict[str, tuple[str, ...]]
    request: Request

    @cached_property
    def patterns(self) -> Mapping[str, regex.Pattern[str]]:
        """One compiled pattern for each list: "arguing", "remedies.refund", "address.formal", "kinds.poll" …"""
        lists: dict[str, Iterable[str]] = {
            name: getattr(self, name)
            for name in ("commitments", "arguing", "deleting", "insults", "instructions", "wishing", "grief")
        }
        for prefix, group in (("remedies", self.remedies), ("address", self.address), ("kinds", self.request.kinds)):
            lists |= {f"{prefix}.{name}": entries for name, entries in group.items()}
        lists |= {"about": self.request.about, "drop": self.request.drop}
        return {name: _compiled(name, entries) for name, entries in lists.items()}

    def find(self, name: str, text: str) -> list[str]:
        """What the list called `name` (as in `patterns`) matches in `text`, in order."""
        return [match.group(0) for match in self.patterns[name].finditer(text)]

    def remedies_in(self, text: str) -> frozenset[str]:
        """The categories of offer that `text` names."""
        return frozenset(category for category in self.remedies if self.patterns[f"remedies.{category}"].search(text))


def whole_words(entries: Iterable[str]) -> regex.Pattern[str]:
    """Compile a list of expressions into one that matches whole words only, in any letter case."""
    joined = "|".join(f"(?:{entry})" for entry in entries) or r"(?!)"
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}])(?:{joined})(?![\p{{L}}\p{{M}}\p{{N}}])", regex.IGNORECASE)


def _compiled(name: str, entries: Iterable[str]) -> regex.Pattern[str]:
    try:
        return whole_words(entries)
    except regex.error as error:
        raise BadFile(f"{name}: {error}") from error


@cache
def lexicon(language: str) -> Lexicon:
    """Load and validate prompts/lexicons/<language>.yaml. Raises BadFile, or KeyError for an unknown language."""
    if language not in languages("lexicons"):
        raise KeyError(language)
    path = ROOT / "lexicons" / f"{language}.yaml"
    try:
        result = Lexicon.model_validate(read_yaml(path))
    except ValidationError as error:
        raise BadFile(f"{path}: {places(error)}") from error
    try:
        result.patterns  # noqa: B018  compile now, so that a bad expression is reported with its file
    except BadFile as error:
        raise BadFile(f"{path}: {error}") from error
    if set(result.remedies) != set(REMEDIES) or set(result.request.kinds) != set(KINDS):
        raise BadFile(f"{path}: remedies must be {REMEDIES} and request.kinds {KINDS}")
    if result.language != language:
        raise BadFile(f"{path}: language is “{result.language}”, the file is for “{language}”")
    return result
