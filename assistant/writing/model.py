"""The model writer: any chat model, by move id, with members' words as data and personal data masked."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import regex
from babel import Locale
from pydantic import BaseModel, ValidationError

from assistant.checking.subject import MEMBERS_WORDS
from assistant.community import Profile
from assistant.domain import Evidence, Finding, Move, Plan, Provenance, Segment
from assistant.errors import ModelFailed
from assistant.planning.quoting import reads_like_an_order
from assistant.ports import ChatAnswer, ChatMessage, ChatModel, Writer, Written
from assistant.writing.masking import Mask
from assistant.writing.phrasebook import fill
from prompts.files import languages
from prompts.phrasebook import phrasebook
from prompts.templates import Template, move_texts

_WORD = regex.compile(r"[\p{L}\p{M}]+")
WITHHELD = "(This post reads like an order to the assistant. It is withheld.)"


class Price(NamedTuple):
    """Dollars for a million tokens."""

    tokens_in: float
    tokens_out: float


class _Said(BaseModel):
    text: str
    evidence: list[str] = []


class ModelWriter:
    """Asks a chat model for a JSON object keyed by move id. What comes back is untrusted: parsed, cited, checked.

    Members' words reach it as evidence alone. Where a sentence takes them over, it is shown `{quote}`, `{name}` or
    `{topic}`, and what it writes is filled in.

    `count_tokens` and `evidence_tokens` keep the evidence within its budget: the moves' own comes first, the rest as
    long as there is room. `examples` writes the model sentence that a template may show for each move.
    """

    def __init__(
        self,
        chat: ChatModel,
        template: Template,
        profile: Profile,
        examples: Writer,
        count_tokens: Callable[[str], int],
        *,
        evidence_tokens: int = 1500,
        price: Price | None = None,
    ) -> None:
        self._chat = chat
        self._template = template
        self._profile = profile
        self._examples = examples
        self._count_tokens = count_tokens
        self._evidence_tokens = evidence_tokens
        self._price = price

    @property
    def signature(self) -> str:
        """What its drafts depend on: the model's name and the prompt's hash."""
        return f"{self._chat.name} {self._template.hash}"

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        if not moves:
            return Written({}, Provenance(writer="model", model=self._chat.name))
        shown = self._shown_evidence(plan, moves)
        aliases = {item.id: f"e{number}" for number, item in enumerate(shown, start=1)}
        mask = self._mask(plan) if self._chat.remote else None
        hide, restore = (mask.hide, mask.restore) if mask else (str, str)
        system, user = self._template.render(
            community=self._profile.name,
            voice=hide(self._profile.voice.description),
            language=Locale(plan.language).get_display_name("en"),
            form=plan.form,
            kind=plan.kind,
            evidence=[_shown(item, aliases[item.id], mask) for item in shown],
            moves=self._described(plan, moves, aliases, hide, attempt),
            problems=[f"{finding.move or 'all'}: {hide(finding.message)}" for finding in findings],
        )
        messages = (ChatMessage("system", system), ChatMessage("user", user))
        answer = self._chat.complete(messages, _schema(moves, list(aliases.values())))
        said = _parse(answer.text, moves)
        if not said:
            raise ModelFailed(f"{self._chat.name} answered without a usable text for any move.")
        ids = {alias: id_ for id_, alias in aliases.items()}
        segments = {
            move.id: Segment(
                move=move.id,
                text=fill(restore(_plain(said[move.id].text)), move.slots),
                author="model",
                # An alias that was never given out stays as it is: the evidence check will name it.
                evidence=tuple(dict.fromkeys(ids.get(a, a) for a in said[move.id].evidence)) or move.evidence,
            )
            for move in moves
            if move.id in said
        }
        return Written(segments, self._provenance(answer))

    def _mask(self, plan: Plan) -> Mask:
        """Hides the names of the evidence's authors and of the team."""
        names = {item.author for item in plan.evidence if item.author}
        names |= {name for person in self._profile.team for name in (person.name, person.id)}
        spoken = {plan.language, *(item.language for item in plan.evidence)} & {*languages("phrasebooks")}
        ordinary = {*_WORD.findall(self._profile.name), *(word for each in spoken for word in ordinary_words(each))}
        return Mask(self._profile.region, names, ordinary)

    def _shown_evidence(self, plan: Plan, moves: Sequence[Move]) -> list[Evidence]:
        """The moves' own evidence first, then the rest of the plan's, as long as the token budget lasts."""
        by_id = plan.evidence_by_id
        ordered = dict.fromkeys([*(id_ for move in moves for id_ in move.evidence), *by_id])
        left, shown = self._evidence_tokens, []
        for id_ in ordered:
            cost = self._count_tokens(by_id[id_].text)
            if cost <= left:
                left -= cost
                shown.append(by_id[id_])
        return shown

    def _described(
        self, plan: Plan, moves: Sequence[Move], aliases: Mapping[str, str], hide: Callable[[str], str], attempt: int
    ) -> list[dict[str, Any]]:
        moves = [move.model_copy(update={"slots": _without_members_words(move)}) for move in moves]
        examples = self._examples.write(plan, moves, attempt=attempt).segments
        texts = move_texts()
        return [
            {
                "id": move.id,
                "name": move.name,
                "purpose": texts[plan.kind, move.name].purpose,
                "facts": {name: hide(value) for name, value in move.slots.items() if value},
                "evidence": [aliases[id_] for id_ in move.evidence if id_ in aliases],
                "example": hide(examples[move.id].text),
            }
            for move in moves
        ]

    def _provenance(self, answer: ChatAnswer) -> Provenance:
        cost = None
        if self._price is not None:
            spent = answer.tokens_in * self._price.tokens_in + answer.tokens_out * self._price.tokens_out
            cost = round(spent / 1_000_000, 6)
        return Provenance(
            writer="model",
            prompt=f"{self._template.name}@{self._template.version}",
            prompt_hash=self._template.hash,
            model=self._chat.name,
            tokens_in=answer.tokens_in,
            tokens_out=answer.tokens_out,
            cost=cost,
        )


def _shown(item: Evidence, alias: str, mask: Mask | None) -> dict[str, str | None]:
    # A name is free text too: it may be an order, or try to leave the block.
    author = item.author if item.author and not reads_like_an_order(item.author) else None
    text = _safe(WITHHELD if item.suspicious else item.text)
    if mask is None:
        return {"id": alias, "author": _safe(author) if author else None, "text": text}
    return {"id": alias, "author": mask.hide_name(author) if author else None, "text": mask.hide(text)}


def _without_members_words(move: Move) -> dict[str, str | None]:
    return {name: f"{{{name}}}" if value and name in MEMBERS_WORDS else value for name, value in move.slots.items()}


@cache
def ordinary_words(language: str) -> frozenset[str]:
    """Words that stand in a text with a capital though they name nobody: days and months as the language writes them,
    and the words of the phrasebook.
    """
    locale = Locale(language)
    calendar = {name for names in (locale.days, locale.months) for name in names["format"]["wide"].values()}
    variants = [variant for each in phrasebook(language).phrases.values() for variant in each]
    phrases = [phrase for variant in variants for phrase in variant.values()]
    return frozenset({*calendar, *(word[:1].upper() + word[1:] for text in phrases for word in _WORD.findall(text))})


def _safe(text: str) -> str:
    """On one line, and without angle brackets: they could close the evidence block or forge a placeholder."""
    return _plain(text.replace("<", "‹").replace(">", "›"))


def _schema(moves: Sequence[Move], aliases: list[str]) -> dict[str, object]:
    said = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "evidence": {
                "type": "array",
                "items": {"type": "string", **({"enum": aliases} if aliases else {})},
                "maxItems": 3,
            },
        },
        "required": ["text", "evidence"],
        "additionalProperties": False,
    }
    ids = [move.id for move in moves]
    return {
        "type": "object",
        "properties": dict.fromkeys(ids, said),
        "required": ids,
        "additionalProperties": False,
    }


def _parse(text: str, moves: Sequence[Move]) -> dict[str, _Said]:
    """What the answer says, by move id; entries that are not usable are left out."""
    data = _read_object(text)
    said: dict[str, _Said] = {}
    for move in moves:
        entry = data.get(move.id)
        try:
            value = _Said.model_validate({"text": entry} if isinstance(entry, str) else entry)
        except ValidationError:
            continue
        if value.text.strip():
            said[move.id] = value
    return said


def _read_object(text: str) -> dict[str, Any]:
    """The JSON object in a text that may surround it with words, or break off in the middle of it."""
    body = text[text.find("{") : text.rfind("}") + 1]
    for candidate in (body, body + "}"):
        try:
            data = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return data if isinstance(data, dict) else {}
    return {}


def _plain(text: str) -> str:
    return " ".join(text.split())
