import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant import sample
from assistant.bootstrap import House
from assistant.community import Profile
from assistant.errors import BadProfile
from assistant.intake import _Rules, apply_profile, ensure_sample, import_export, index_all, new_profile, slug, spoken
from knowledge.adapters.memory import ScriptedLanguages, WordEmbedder
from knowledge.adapters.sql import SqlMessageStore
from knowledge.embedding import Encoding
from knowledge.errors import UnknownFormat
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Channel, Contents, Member, Message
from knowledge.ports import Saved
from tests import making
from tests.making import NOW, message

TONGUES = ScriptedLanguages({"påsen": "sv", "torba": "pl", "tasche": "de"})


def rows(*texts: str, **changes: Any) -> list[Mapping[str, Any]]:
    return [
        {"id": f"m{n}", "text": text, "at": (NOW + timedelta(minutes=n)).isoformat(), "author": "anna", **changes}
        for n, text in enumerate(texts)
    ]


def export(folder: Path, *lines: Mapping[str, Any], name: str = "Our Club.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def house(tmp_path: Path) -> House:
    made = making.house(tmp_path / "home")
    made.__dict__["understanding"] = making.understanding()._replace(languages=TONGUES)
    return made


def test_an_export_becomes_a_community_named_like_its_file(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        taken = import_export(home, export(tmp_path, *rows("Hello there", "Påsen läcker")))
        assert (taken.community, taken.format, taken.new) == ("our-club", "table", True)
        assert taken.report.saved.added == home.messages.count("our-club") == 2
        assert home.messages.communities() == {"our-club": "Our Club"}


def test_the_community_can_be_named(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        taken = import_export(home, export(tmp_path, *rows("Hello")), community="The Forge")
        assert home.profile(taken.community).name == "The Forge"
        assert taken.community == "the-forge"


def test_a_community_that_has_this_name_takes_it_whatever_its_id(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        import_export(home, export(tmp_path, *rows("Hello")), community="forge")
        home.messages.save_community("forge", "نادي القهوة")
        assert import_export(home, export(tmp_path, *rows("Hello")), community="نادي القهوة").community == "forge"
        assert import_export(home, export(tmp_path, *rows("Hello")), community="forge").community == "forge"
        assert import_export(home, export(tmp_path, *rows("Hello")), community="نادي الشاي").community == "ndy-lshy"


def test_a_new_profile_speaks_the_languages_that_the_community_does_the_commonest_first(tmp_path: Path) -> None:
    texts = ["Påsen läcker"] * 3 + ["Torba cieknie"] * 2 + ["Die Tasche"]
    with house(tmp_path) as home:
        taken = import_export(home, export(tmp_path, *rows(*texts)))
        profile = home.profile(taken.community)
        assert (profile.languages, profile.default_language) == (("sv", "pl"), "sv")


def test_a_profile_that_a_person_has_written_is_left_alone(tmp_path: Path) -> None:
    path = export(tmp_path, *rows("Påsen läcker"))
    with house(tmp_path) as home:
        making.furnish(home, id="our-club", name="Ours")
        before = home.profile_path("our-club").read_text("utf-8")
        taken = import_export(home, path)
        assert not taken.new
        assert home.profile_path("our-club").read_text("utf-8") == before
        assert home.messages.communities() == {"our-club": "Ours"}


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    path = export(tmp_path, *rows("Påsen läcker", "Hello"))
    with house(tmp_path) as home:
        first = import_export(home, path)
        profile = home.profile("our-club")
        second = import_export(home, path)
        assert (first.report.saved.added, second.report.saved.unchanged) == (2, 2)
        assert (first.new, second.new) == (True, False)
        assert home.profile("our-club") == profile


def test_an_export_that_grew_brings_what_is_new(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        import_export(home, export(tmp_path, *rows("Hello")))
        taken = import_export(home, export(tmp_path, *rows("Hello", "Again")))
        assert (taken.report.saved.added, taken.report.saved.unchanged) == (1, 1)


def test_an_export_that_was_fetched_again_is_of_the_same_community_and_channel(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        import_export(home, export(tmp_path, *rows("Hello")))
        taken = import_export(home, export(tmp_path, *rows("Hello", "Again"), name="Our Club (1).jsonl"))
        assert (taken.community, taken.report.saved) == ("our-club", Saved(added=1, unchanged=1))
        assert list(home.messages.channels("our-club")) == ["Our Club"]


def test_what_cannot_be_read_is_skipped_and_told(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        path = export(tmp_path, *rows("Hello"), {"id": "m9", "text": "", "at": NOW.isoformat(), "author": "anna"})
        taken = import_export(home, path)
        assert (taken.report.saved.added, sum(taken.report.skipped.values())) == (1, 1)


def test_an_unknown_format_leaves_no_community_behind(tmp_path: Path) -> None:
    (tmp_path / "notes.bin").write_text("Dear diary")
    with house(tmp_path) as home:
        with pytest.raises(UnknownFormat):
            import_export(home, tmp_path / "notes.bin")
        assert home.messages.communities() == {}
        assert not home.profile_path("notes").exists()


def test_an_export_that_holds_nothing_makes_no_community(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        import_export(home, export(tmp_path, *rows("")))
        assert home.messages.communities() == {}


def test_after_an_empty_export_the_next_one_still_tells_the_languages(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        import_export(home, export(tmp_path, *rows("")))
        taken = import_export(home, export(tmp_path, *rows("Påsen läcker")))
        assert taken.new
        assert home.profile("our-club").languages == ("sv",)


def test_a_member_under_several_ids_is_one_person_whatever_is_imported(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        making.furnish(home, id="our-club", name="Ours", members=[{"id": "anna", "also": ["U1", "Anna K."]}])
        home.messages.save("our-club", members=[Member(id="anna", name="Anna")])
        lines = [
            {**row, "author": name} for row, name in zip(rows("a", "b", "c"), ("U1", "Anna K.", "eve"), strict=True)
        ]
        import_export(home, export(tmp_path, *lines))
        index_all(home, "our-club")
        posts = home.messages.posts("our-club")
        assert [(p.message.author, p.author_name) for p in posts] == [("anna", "Anna")] * 2 + [("eve", "eve")]
        again = import_export(home, export(tmp_path, *lines)).report.saved
        assert (again.added, again.changed) == (0, 0)
        assert home.messages.members("our-club", "U1") == []


def test_what_is_stored_follows_a_profile_that_makes_two_ids_one_person(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        import_export(home, export(tmp_path, *rows("a", author="U1")))
        index_all(home, "our-club")
        making.furnish(home, id="our-club", name="Ours", members=[{"id": "anna", "also": ["U1"]}])
        apply_profile(home, home.profile("our-club"))
        assert [p.message.author for p in home.messages.posts("our-club")] == ["anna"]


def test_a_channel_that_the_profile_keeps_private_stays_so_whatever_the_export_says(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        making.furnish(
            home, id="our-club", name="Ours", channels=[{"id": "vip", "name": "#vip", "visibility": "private"}]
        )
        import_export(home, export(tmp_path, *rows("Hello", channel="vip")))
        index_all(home, "our-club")
        assert [p.visibility for p in home.messages.posts("our-club")] == ["private"]


def test_a_channel_that_the_profile_only_names_is_as_private_as_the_export_says(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        making.furnish(home, id="our-club", name="Ours", channels=[{"id": "vip", "name": "The VIPs"}])
        apply_profile(home, home.profile("our-club"))
        assert home.messages.channels("our-club")["vip"].visibility == "public"
        import_export(home, export(tmp_path, *rows("Hello", channel="vip", visibility="private")))
        apply_profile(home, home.profile("our-club"))
        assert home.messages.channels("our-club") == {"vip": Channel(id="vip", name="The VIPs", visibility="private")}


def test_the_name_of_an_alias_counts_until_the_members_own_comes(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        making.furnish(home, id="our-club", name="Ours", members=[{"id": "ak", "also": ["U1", "U2"]}])
        for id_, name, told in (("U1", "Anna K.", "Anna K."), ("U2", "Ann", "Anna K."), ("ak", "Anna", "Anna")):
            rules = _Rules(home, home.profile("our-club"))
            members = [each for each in rules.admitted([Member(id=id_, name=name)]) if isinstance(each, Member)]
            home.messages.save("our-club", members=members)
            assert home.messages.names("our-club", ["ak", "U1", "U2"]) == {"ak": told}


def test_what_is_imported_waits_to_be_indexed_and_then_is(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        taken = import_export(home, export(tmp_path, *rows("Hello", "Påsen läcker")))
        assert home.messages.count_pending(taken.community, "words") == 2
        seen: list[tuple[int, int | None]] = []
        assert index_all(home, taken.community, lambda done, total: seen.append((done, total))) == 2
        assert seen == [(2, 2)]
        assert [post.signals.language for post in home.messages.posts(taken.community)] == ["en", "sv"]
        assert index_all(home, taken.community) == 0


class Meanwhile(WordEmbedder):
    """Finds out, while it embeds, whether another thread could index as well."""

    def __init__(self, home: House) -> None:
        self._home = home
        self.free: list[bool] = []

    def encode(self, texts: Sequence[str]) -> Encoding:
        with ThreadPoolExecutor(1) as pool:
            self.free.append(pool.submit(self._home.indexing.acquire, blocking=False).result())
        return super().encode(texts)


def test_one_thread_indexes_at_a_time(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        taken = import_export(home, export(tmp_path, *rows("Hello")))
        watching = Meanwhile(home)
        home.understanding = home.understanding._replace(embedder=watching)
        index_all(home, taken.community)
        assert watching.free == [False]


def test_an_index_that_was_lost_is_made_again(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        taken = import_export(home, export(tmp_path, *rows("Hello", "Again")))
        index_all(home, taken.community)
        making.lose(home.index, taken.community)
        assert index_all(home, taken.community) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Our Club", "our-club"),
        ("  Lantern — Street!! ", "lantern-street"),
        ("Kaffe & Bröd 2026", "kaffe-brod-2026"),
        ("Łama", "lama"),
        ("Żama", "zama"),
        ("نادي القهوة", "ndy-lqhwh"),
        ("باشگاه قهوه", "bshgh-qhwh"),
        ("x" * 60, "x" * 48),
        ("a" * 47 + " b", "a" * 47),
    ],
)
def test_an_id_is_made_from_a_name(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["", "!", "x", "ż", "ق"])
def test_a_name_that_makes_no_id_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(BadProfile, match="--community"):
        slug(name)


@given(st.text(max_size=80))
@settings(max_examples=80, deadline=None)
def test_every_id_that_is_made_is_one_that_a_profile_takes(name: str) -> None:
    try:
        id_ = slug(name)
    except BadProfile:
        return
    assert Profile(id=id_, name="x").id == slug(id_) == id_


@given(st.text(min_size=1, max_size=30), st.permutations(FIRST_CLASS))
@example("\x85", list(FIRST_CLASS))
@settings(max_examples=40, deadline=None)
def test_every_new_profile_is_valid_and_keeps_its_name(
    tmp_path_factory: pytest.TempPathFactory, name: str, languages: list[str]
) -> None:
    home = making.house(tmp_path_factory.getbasetemp() / "profiles")
    path = home.profile_path("club")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(new_profile("club", name, languages), encoding="utf-8", newline="")
    profile = home.profile("club")
    assert profile.name == name
    assert profile.languages == tuple(languages)
    assert profile.default_language == languages[0]
    assert (profile.live, profile.team, profile.channels) == (False, (), ())


def test_staff_of_the_export_are_proposed_as_the_team() -> None:
    staff = [Member(id="u1", name="Maja: “boss”", is_staff=True), Member(id="2", name="no", is_staff=True)]
    profile = Profile.model_validate(yaml.safe_load(new_profile("club", "Club", ["en"], staff)))
    assert [(person.id, person.name) for person in profile.team] == [("u1", "Maja: “boss”"), ("2", "no")]


def test_a_language_that_one_message_in_twenty_is_written_in_is_spoken() -> None:
    english = [message(f"m{n}", "Hello") for n in range(19)]
    swedish, polish = message("s", "Påsen"), message("p", "Torba")
    assert spoken(TONGUES, [*english, swedish]) == ["en", "sv"]
    assert spoken(TONGUES, [*english, swedish, polish]) == ["en"]


def test_where_none_of_our_languages_is_spoken_it_is_english() -> None:
    assert spoken(TONGUES, [message(text="Die Tasche")]) == spoken(TONGUES, []) == ["en"]


def test_the_sample_comes_in_where_there_is_nothing_else(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        assert ensure_sample(home, date(2026, 12, 1))
        assert list(home.messages.communities()) == [sample.ID]
        assert home.messages.count(sample.ID) > 250
        assert not ensure_sample(home, date(2026, 12, 2))


def test_the_sample_does_not_come_beside_a_real_community(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        making.furnish(home)
        assert not ensure_sample(home, date(2026, 12, 1))
        assert list(home.messages.communities()) == ["club"]


def test_the_channels_of_the_sample_are_as_private_as_its_profile_says(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        ensure_sample(home, date(2026, 12, 1))
        index_all(home, sample.ID)
        private = {p.message.channel for p in home.messages.posts(sample.ID) if p.visibility == "private"}
        assert private == {"roastery-staff", "ambassadors"}


class Watched(SqlMessageStore):
    """The message store, which remembers how channels were ever stored."""

    seen: frozenset[str] = frozenset()

    def save(
        self,
        community: str,
        *,
        messages: Sequence[Message] = (),
        members: Sequence[Member] = (),
        channels: Sequence[Channel] = (),
        contents: Sequence[Contents] = (),
        forgotten: Collection[str] | None = None,
    ) -> Saved:
        self.seen |= {channel.visibility for channel in channels}
        return super().save(
            community, messages=messages, members=members, channels=channels, contents=contents, forgotten=forgotten
        )


def test_the_word_of_the_profile_on_a_channel_holds_from_the_first_moment(tmp_path: Path) -> None:
    folder = tmp_path / "slack"
    (folder / "vip").mkdir(parents=True)
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": "vip"}]))
    (folder / "users.json").write_text("[]")
    posts = [{"type": "message", "user": "U1", "text": "Hello", "ts": "1764579600.000100"}]
    (folder / "vip" / "2026-12-01.json").write_text(json.dumps(posts))
    with house(tmp_path) as home:
        making.furnish(home, id="slack", name="Ours", channels=[{"id": "C1", "name": "#vip", "visibility": "private"}])
        home.__dict__["messages"] = watched = Watched(home.engine)
        assert import_export(home, folder).report.saved.added == 1
        assert watched.seen == {"private"}
