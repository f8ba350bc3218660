"""The profile of a community (`community.yaml`): who speaks for the brand, what may be said, offered and decided.

Texts that end up in drafts are `Localised`: a plain string stands for the default language, a mapping gives one text
per language. A draft uses a text only in its own language; where that is missing the draft says `[NEEDS …]`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from assistant.errors import BadProfile
from knowledge.messages import Channel, Post
from prompts.files import languages as written_languages
from prompts.phrasebook import Form

Localised = dict[str, str]
"""Language code -> text. The key "default" stands for the profile's default language."""


def _localised(value: Any) -> Any:
    return {"default": value} if isinstance(value, str) else value


Text = Annotated[Localised, BeforeValidator(_localised)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TeamMember(_Strict):
    """Someone who speaks for the brand. `id` is the member id (or name) as it stands in the export."""

    id: str
    name: str
    role: str = "team"


class KnownMember(_Strict):
    """One person under several ids, or names where an export knows no ids: all of it counts as written by `id`."""

    id: str
    also: tuple[str, ...] = Field(min_length=1)


class ChannelRule(_Strict):
    """What a channel is called in drafts and who can read it: whoever its export says, where this does not say.

    A private channel never feeds a public draft.
    """

    id: str
    name: str
    visibility: Literal["public", "private"] | None = None

    def applied_to(self, channel: Channel | None) -> Channel:
        """The channel as the store keeps it: public where nobody has said anything else."""
        exported = channel.visibility if channel else "public"
        return Channel(id=self.id, name=self.name, visibility=self.visibility or exported)


class Voice(_Strict):
    form_of_address: Form = "informal"
    description: str = "Calm, plain and warm."


class Remedy(_Strict):
    """Something the brand may offer. `covers` describes, in any language, the complaints it is meant for."""

    id: str
    text: Text
    covers: tuple[str, ...] = ()
    limit_per_member: int = Field(default=1, ge=1, description="how often one member may be offered it")
    within_days: int = Field(default=365, ge=1, description="… in this many days")


class Decision(_Strict):
    """A decision the brand really faces and wants the community's view on."""

    id: str
    question: Text
    options: tuple[Text, ...] = Field(min_length=2, max_length=10)
    use: Text
    decide_by: date | None = None


class Contact(_Strict):
    """A way to reach a person privately."""

    id: str
    text: Text


class Ritual(_Strict):
    id: str
    text: Text


class Sheet(_Strict):
    """The facts of one incident. An apology statement takes its facts from here alone; a named person confirms them."""

    what_happened: Text = Field(default_factory=dict)
    since: date | None = None
    cause: Text = Field(default_factory=dict)
    affected: Text = Field(default_factory=dict)
    remedy: Text = Field(default_factory=dict)
    prevention: Text = Field(default_factory=dict)


class Incident(_Strict):
    """A known incident: words to recognise its complaints by, and its fact sheet."""

    id: str
    about: tuple[str, ...] = Field(min_length=1, description="what members write when it hits them, in any language")
    sheet: Sheet = Sheet()


class ResponseTargets(_Strict):
    """Hours within which a post of each sort deserves an answer."""

    criticism: int = 24
    question: int = 48
    praise: int = 96
    wish: int = 168
    review: int = 168


class Profile(_Strict):
    """The whole of community.yaml."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,47}$")
    name: str
    languages: tuple[str, ...] = ("en",)
    default_language: str = "en"
    live: bool = Field(default=False, description="true: now is today; false: an archive, now is its newest message")
    time_zone: str = "UTC"
    region: str = Field(default="US", description="two-letter country, for phone numbers written without one")
    voice: Voice = Voice()
    goals: tuple[Text, ...] = ()
    values: tuple[Text, ...] = ()
    team: tuple[TeamMember, ...] = ()
    members: tuple[KnownMember, ...] = ()
    opted_out: tuple[str, ...] = Field(default=(), description="ids or names of members whose posts are not to be used")
    channels: tuple[ChannelRule, ...] = ()
    response_targets: ResponseTargets = ResponseTargets()
    remedies: tuple[Remedy, ...] = ()
    decisions: tuple[Decision, ...] = ()
    confidential: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    rituals: tuple[Ritual, ...] = ()
    incidents: tuple[Incident, ...] = ()
    recognition: Text = Field(default_factory=dict)
    wishes_use: Text = Field(default_factory=dict)
    safety: Text = Field(default_factory=dict)
    challenge_channel: str | None = None
    poll_days: int = Field(default=7, ge=1, le=30)
    challenge_days: int = Field(default=14, ge=1, le=60)

    @model_validator(mode="after")
    def _consistent(self) -> "Profile":
        if self.default_language not in self.languages:
            raise ValueError(f"default_language “{self.default_language}” is not among languages")
        if self.default_language not in written_languages("phrasebooks"):
            known = ", ".join(written_languages("phrasebooks"))
            raise ValueError(f"default_language “{self.default_language}” is none that we write; known: {known}")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError) as error:
            raise ValueError(f"time_zone “{self.time_zone}” is not known; write it like Europe/Stockholm") from error
        offers = (self.remedies, self.decisions, self.contacts, self.rituals, self.incidents)
        for group in (self.team, self.channels, *offers):
            ids = [item.id for item in group]
            if len(ids) != len(set(ids)):
                raise ValueError(f"ids must be unique: {sorted(i for i in ids if ids.count(i) > 1)[0]}")
        if any(not who.strip() for who in self.opted_out):
            raise ValueError("opted_out: an empty name is nobody's")
        names = [name for person in self.members for name in (person.id, *person.also)]
        if len(names) != len(set(names)):
            twice = sorted(name for name in names if names.count(name) > 1)[0]
            raise ValueError(f"members: “{twice}” stands there twice; each id or name belongs to one person, once")
        return self

    def say(self, text: Localised, language: str) -> str | None:
        """`text` in `language`, or None where the profile does not have it in that language."""
        if language in text:
            return text[language]
        return text.get("default") if language == self.default_language else None

    def at_place(self, day: date, clock: time) -> datetime | None:
        """A time of the clocks at the community's place; None for one before or after all times (the years 1, 9999)."""
        try:
            return datetime.combine(day, clock, ZoneInfo(self.time_zone)).astimezone(UTC)
        except OverflowError:
            return None

    def ruled_channels(self, known: Mapping[str, Channel]) -> list[Channel]:
        """The channels that this says something of, of those `known` and beyond, as the store keeps them."""
        return [rule.applied_to(known.get(rule.id)) for rule in self.channels]

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Each further id or name of a member -> the id that it counts as."""
        return {name: person.id for person in self.members for name in person.also}

    def is_team(self, member: str) -> bool:
        """Whether this member speaks for the brand, under whichever of their ids."""
        known = self.aliases.get(member, member)
        return any(known == self.aliases.get(person.id, person.id) for person in self.team)

    def is_from_member(self, post: Post) -> bool:
        """Whether neither the team nor a bot wrote it."""
        return not self.is_team(post.message.author) and not post.author_is_bot


def read_profile(path: Path) -> Profile:
    """Read and validate a community.yaml. Raises BadProfile naming the file, the place and what is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadProfile(f"{path}: {error}") from error
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top'}: {e['msg']}" for e in error.errors())
        raise BadProfile(f"{path}: {problems}") from error
