"""Bringing a community in: its profile, its export, the sample. Afterwards everything pending is indexed."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import regex
import yaml
from anyascii import anyascii

from assistant import sample
from assistant.bootstrap import House
from assistant.community import Profile
from assistant.errors import BadProfile
from knowledge.history import (
    Differences,
    ImportReport,
    Progress,
    heal,
    import_records,
    index_pending,
    no_progress,
    repair,
)
from knowledge.importers import live, recognise
from knowledge.importers.source import Options, own_name
from knowledge.languages import FIRST_CLASS, Detector
from knowledge.messages import Channel, Contents, Member, Message, Record, Skipped

_TASTE = 200
"""Messages by which the languages of a new community are told."""
_NOT_SLUG = regex.compile(r"[^a-z0-9]+")


class Intake(NamedTuple):
    """What an import did. `new` says that a profile was made, which a person should complete."""

    community: str
    format: str
    report: ImportReport
    profile: Path
    new: bool


def import_export(
    house: House,
    path: Path,
    *,
    community: str | None = None,
    format_: str | None = None,
    options: Options = Options(),  # noqa: B008  immutable
    progress: Progress = no_progress,
) -> Intake:
    """Read an export into the store. Indexing is a step of its own, for the process that holds the vector store.

    Raises UnknownFormat or BadProfile. A broken part of the export is skipped and counted.
    """
    found = recognise(path, format_)
    name = community or own_name(path.stem)
    id_ = community_id(house, name)
    file = house.profile_path(id_)
    first = new_profile(id_, name)
    # One that nobody has touched since an import that was killed, or that found nothing, is still to be made.
    new = not file.exists() or file.read_text(encoding="utf-8") == first
    if new:
        _write_profile(house, id_, first)
    report = _store(house, house.profile(id_), found.read(path, options), progress)
    if new and (tasted := house.messages.pending(id_, house.embedder.name, _TASTE)):
        languages = spoken(house.understanding.languages, tasted)
        _write_profile(house, id_, new_profile(id_, name, languages, house.messages.staff(id_)))
    return Intake(id_, found.name, report, file, new)


def receive(house: House, community: str, body: object, event: str = "") -> ImportReport:
    """Store what a webhook brought, a JSON body that its sender may call an `event`. The desk indexes it.

    Raises NotFound or BadProfile, or BadExport where nothing of the body can be read.
    """
    profile, store = house.profile(community), house.messages
    channels = store.channels(community)
    names = store.names(community, live.members_of(body))
    names |= {f"#{each.id}": each.name for each in channels.values() if each.visibility == "public"}
    records = list(live.read(body, event=event, names=names, channels=channels))
    return _store(house, profile, _among(records, house, community, channels), no_progress)


def _among(
    records: Sequence[Record], house: House, community: str, channels: Mapping[str, Channel]
) -> Iterator[Record]:
    """Live records, fitted in: of members and channels that are known they say less than an export did.

    So those stay as they are, but for a channel that has become private. A reply joins the thread of what it answers.
    """
    known = house.messages.names(community, [record.id for record in records if isinstance(record, Member)])
    threads = house.messages.threads(community, [record.thread for record in records if isinstance(record, Message)])
    for record in records:
        if isinstance(record, Channel) and record.id in channels:
            if record.visibility == "private":
                yield channels[record.id].model_copy(update={"visibility": "private"})
        elif isinstance(record, Message):
            yield record.model_copy(update={"thread": threads.get(record.thread, record.thread)})
        elif not (isinstance(record, Member) and record.id in known):
            yield record


def ensure_sample(house: House, today: date) -> bool:
    """Bring the sample community in, if there is no community at all. True if it was."""
    if house.messages.communities():
        return False
    _write_profile(house, sample.ID, sample.profile_text(today))
    _store(house, house.profile(sample.ID), sample.records(today), no_progress)
    return True


def index_all(house: House, community: str, progress: Progress = no_progress) -> int:
    """Index what is pending, after healing what a crash may have left. Returns how many messages were indexed."""
    profile = house.profile(community)
    with house.indexing:
        house.apply_rules(profile)  # nobody who opted out since is indexed
        heal(house.messages, house.index, community)
        return index_pending(
            house.messages, house.index, house.understanding, community, languages=profile.languages, progress=progress
        )


def repair_all(house: House, community: str, progress: Progress = no_progress) -> tuple[Differences, int]:
    """Compare each message with the index, mend what differs, and index what is pending. Returns what differed, and
    how many messages were indexed.
    """
    with house.indexing:
        found = repair(house.messages, house.index, community)
        return found, index_all(house, community, progress)


def apply_profile(house: House, profile: Profile) -> None:
    """Make the store follow the profile: the community's name, its channels, its members under several ids."""
    house.messages.save_community(profile.id, profile.name)
    house.apply_rules(profile)


def spoken(model: Detector, messages: Sequence[Message]) -> list[str]:
    """The languages of ours in which at least every twentieth of these messages is written, the commonest first."""
    counts = Counter(model.detect(message.text).language for message in messages)
    ours = [code for code, count in counts.most_common() if code in FIRST_CLASS and count * 20 >= len(messages)]
    return ours or ["en"]


def community_id(house: House, name: str) -> str:
    """The id of the community with this id or name, or of a new one. Raises BadProfile as `slug` does."""
    known = house.messages.communities()
    return name if name in known else next((id_ for id_, called in known.items() if called == name), "") or slug(name)


def slug(name: str) -> str:
    """A community's id from its name. Raises BadProfile where no letter or digit is left."""
    id_ = _NOT_SLUG.sub("-", anyascii(name).lower()).strip("-")[:48].strip("-")
    if len(id_) < 2:
        raise BadProfile(f"“{name}” makes no id. Name the community in two letters or more (--community).")
    return id_


def new_profile(id_: str, name: str, languages: Sequence[str] = FIRST_CLASS, staff: Sequence[Member] = ()) -> str:
    """A first community.yaml to complete: the first language is the default, staff are taken for the team."""
    people = [{"id": member.id, "name": member.name} for member in staff]
    team = _yaml(people, default_flow_style=True, width=10_000)
    head = _yaml({"id": id_, "name": name})
    return (
        f"{head}languages: [{', '.join(languages)}]\ndefault_language: {languages[0]}\n"
        "live: false        # true once new messages keep coming in: then now is today\n"
        "# Who speaks for you, for example: [{id: U0123, name: Maja, role: community manager}]\n"
        f"team: {team.strip()}\n"
        "members: []        # one person under several ids, for example: - {id: U0123, also: [anna, Anna K.]}\n"
        "opted_out: []      # ids or names of members whose posts are not to be used\n"
        "channels: []       # who can read what, for example: - {id: C0123, name: '#vip', visibility: private}\n"
        "contacts: []       # for example: - {id: mail, text: 'Write to help@example.com.'}\n"
        "remedies: []       # what you may offer\n"
        "decisions: []      # what you would like to ask your community\n"
    )


def _yaml(data: object, **style: Any) -> str:
    """`data` as a person can read it; with escapes where PyYAML would read back another text (it folds U+0085)."""
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, **style)
    if yaml.safe_load(text) != data:
        text = yaml.safe_dump(data, sort_keys=False, **style)
    return text


def _store(house: House, profile: Profile, records: Iterable[Record], progress: Progress) -> ImportReport:
    report = import_records(records, house.messages, profile.id, progress, lambda: _Rules(house, profile))
    if any(report.saved):  # an export that holds nothing makes no community
        apply_profile(house, profile)
    return report


class _Rules:
    """The profile's word in place of the export's: on channels, so that at no moment a private one is public, and on
    members under several ids. Without those who asked to be forgotten, their names, and those who opted out.
    """

    def __init__(self, house: House, profile: Profile) -> None:
        self.forgotten: Collection[str] = house.messages.forgotten(profile.id).keys()
        self._marks = house.forgotten(profile.id)
        self._left_out = house.left_out(profile)
        self._aliases = profile.aliases
        self._channels = {rule.id: rule for rule in profile.channels}
        self._named = set(house.messages.names(profile.id, self._aliases.values()))
        self._opted_out = {who.strip().casefold() for who in profile.opted_out}

    def admitted(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if isinstance(record, Message):
                author = self._aliases.get(record.author, record.author)
                if self._marks.has("member", author) or author in self._left_out:
                    reason = "the member opted out" if author in self._left_out else "the member was forgotten"
                    yield Skipped(place=f"a message of {record.at:%Y-%m-%d}", reason=reason)
                else:
                    yield self._marks.redact(record.model_copy(update={"author": author}))
            elif isinstance(record, Member):
                id_ = self._aliases.get(record.id, record.id)
                if record.name.strip().casefold() in self._opted_out:
                    self._left_out.add(id_)
                # The name of an alias counts until the member's own comes.
                forgotten = any(self._marks.has("member", each) for each in (record.id, id_))
                if not forgotten and (id_ == record.id or id_ not in self._named):
                    self._named.add(id_)
                    yield record.model_copy(update={"id": id_})
            elif isinstance(record, Channel):
                rule = self._channels.get(record.id)
                yield self._marks.redact(rule.applied_to(record) if rule else record)
            else:
                yield self._marks.redact(record) if isinstance(record, Contents) else record


def _write_profile(house: House, community: str, text: str) -> None:
    path = house.profile_path(community)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
