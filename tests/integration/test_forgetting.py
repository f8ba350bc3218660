"""Forgetting and opting out in a real house, proven by canary strings in every byte of every file that it keeps."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from assistant import batches, intake, usecases
from assistant.adapters.erasers import Drafts, Messages, Vectors
from assistant.bootstrap import House
from assistant.forgetting import forget
from assistant.ports import QueueFilter
from assistant.settings import read_settings
from knowledge.adapters.embedding_cache import CachedEmbedder
from knowledge.history import STORE_BATCH
from tests import making
from tests.integration import exports
from tests.integration.conftest import on_its_own, use_quick_models, write_profile
from tests.integration.running import Ran, ask, count, refused, run_here

NAME, ID = "Zenobia Canarybird", "canary-id-u77"
CANARIES = (ID, "Zenobia", "Canarybird", "canaryword", "canarytitle", "canary.example", "canaryrole", "canary-post")

TABLE: Sequence[exports.Row] = (
    {"id": "canary-post-1", "author": ID, "text": "The canaryword bag leaks and it was late again this week, angry.",
     "url": "https://canary.example/1", "answer": "We are sorry, Zenobia."},
    {"id": "canary-post-2", "author": ID, "text": "I wish you could please sell canaryword filters in smaller boxes."},
    {"id": "o1", "author": "u1", "text": "ZENOBIA canarybird told me the bag leaks.", "reply_to": "canary-post-1"},
    {"id": "o2", "author": "u2", "text": "How and where is a grinder cleaned, @canary-id-u77, anybody?"},
    {"id": "o3", "author": "u3", "text": "I wish you could please sell larger cups in the shop here."},
    {"id": "o4", "author": "u3", "text": "Lovely, wonderful, delicious, superb coffee!"},
)  # fmt: skip
POSTS: Sequence[Mapping[str, Any]] = (
    {"username": ID, "name": NAME, "raw": "Is canaryword tea sold anywhere?", "user_title": "canaryrole",
     "primary_group_name": "canaryrole", "post_url": "/t/canary.example/9/1"},
    {"username": "u1", "name": "Anna", "raw": "Not here, Zenobia, but around the corner it is."},
)  # fmt: skip


def table(path: Path) -> Path:
    rows = [{"at": f"2026-11-{20 + n}T10:00:00Z", "channel": "general", **row} for n, row in enumerate(TABLE)]
    return exports.jsonl(path, rows)


def forum(path: Path) -> Path:
    shared = {"topic_id": 9, "category_id": 3, "created_at": "2026-11-27T10:00:00Z"}
    posts = [{**shared, "post_number": n, **post} for n, post in enumerate(POSTS, start=1)]
    path.mkdir()
    topic = {"id": 9, "title": "A canarytitle for tea", "category_id": 3, "post_stream": {"posts": posts}}
    (path / "topic.json").write_text(json.dumps(topic))
    return path


def cached(patch: pytest.MonkeyPatch) -> None:
    """Quick models behind the real cache of embeddings."""
    use_quick_models(patch)
    fakes = making.understanding()

    def embedder(house: House) -> CachedEmbedder:
        return CachedEmbedder(fakes.embedder, house.vector_cache)

    patch.setattr(House, "embedder", property(embedder))
    patch.setattr(House, "understanding", property(lambda house: fakes._replace(embedder=house.embedder)))


@pytest.fixture(scope="module")
def _lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the member's words have gone wherever they can go."""
    folder = tmp_path_factory.mktemp("lived")
    home = folder / "home"
    write_profile(home, live=False)
    with pytest.MonkeyPatch.context() as patch:
        on_its_own(patch)
        cached(patch)
        for export in (table(folder / "club.jsonl"), forum(folder / "forum")):
            assert run_here("import", export, "--home", home, "--community", "club").code == 0
        with House(read_settings(home=home)) as house:
            desk = house.desk("club")
            usecases.notice_now(desk)
            first, *_ = usecases.draft_noticed(desk)
            usecases.reject(desk, first.id, "Maja", "Zenobia would not like it")
            plan = batches.parse_plan("{name: N, drafts: [{kind: reply, count: 2, languages: [en]}]}", "plan")
            state = batches.run_batch(desk, plan)
            drafts = house.store.drafts("club", QueueFilter(), 500)
            batches.write_files(drafts, home / "batches", state.id)
            batches.write_files(drafts, home / "out", "all")
    _leave_copies(home, folder)
    return home


def _leave_copies(home: Path, folder: Path) -> None:
    for name in ("exports", "evals", "browser/abc"):
        (home / name).mkdir(parents=True)
    shutil.copy(folder / "club.jsonl", home / "exports")
    shutil.copy(folder / "club.jsonl", home / "browser" / "abc" / "upload.jsonl")
    with ZipFile(home / "exports" / "forum.zip", "w") as archive:
        archive.write(folder / "forum" / "topic.json", "topic.json")
    exports.table(home / "exports" / "club.csv", [{k: row[k] for k in ("id", "author", "text")} for row in TABLE])
    exports.jsonl(home / "evals" / "cases.jsonl", [{"case": 1, "post": TABLE[0]["text"]}, {"case": 2, "post": "Hi"}])
    (home / "evals" / "report.html").write_text(f"<p>{TABLE[1]['text']}</p>")


@pytest.fixture
def lived_in(_lived_in: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cached(monkeypatch)
    shutil.copytree(_lived_in, home)
    return home


def found(home: Path) -> dict[str, list[str]]:
    """Each file that holds a canary, in its name or in any byte, with the canaries."""
    hits: dict[str, list[str]] = {}
    for path in sorted(home.rglob("*")):
        data = path.read_bytes().lower() if path.is_file() else b""
        if here := [each for each in CANARIES if each.lower().encode() in data + str(path.relative_to(home)).encode()]:
            hits[str(path.relative_to(home))] = here
    return hits


def forgotten(home: Path, who: str = ID) -> Ran:
    ran = run_here("forget", who, "--yes", "--home", home)
    assert ran.code == 0, ran.err
    return ran


def test_the_canaries_are_everywhere_before(lived_in: Path) -> None:
    there = found(lived_in)
    assert {
        "hearthside.db",
        "chroma/chroma.sqlite3",
        "exports/club.jsonl",
        "exports/club.csv",
        "evals/report.html",
        "out/all.csv",
    } <= there.keys()
    assert {each for hits in there.values() for each in hits} == set(CANARIES)


def test_nothing_of_a_forgotten_member_is_left_in_any_byte(lived_in: Path) -> None:
    forgotten(lived_in)
    assert found(lived_in) == {}


def test_they_are_found_by_name_too(lived_in: Path) -> None:
    forgotten(lived_in, "zenobia CANARYBIRD")
    assert found(lived_in) == {}


def test_what_others_wrote_stays_with_the_name_taken_out(lived_in: Path) -> None:
    forgotten(lived_in)
    texts = dict(ask(lived_in, "select id, text from messages"))
    assert texts["o1"] == "[forgotten] told me the bag leaks."
    assert texts["o2"] == "How and where is a grinder cleaned, [forgotten], anybody?"
    assert texts["9/2"] == "Not here, [forgotten], but around the corner it is."
    assert (
        count(lived_in, "messages")
        == count(lived_in, "messages where language is not null")
        == count(lived_in, "terms")
        == 6
    )
    lines = (lived_in / "exports" / "club.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["o3", "o4"]


def test_the_rest_can_be_searched_and_drafted_from_as_before(lived_in: Path) -> None:
    forgotten(lived_in)
    hits = run_here("search", "the bag leaks", "--home", lived_in, "--json").data
    assert "o1" in [hit["post"]["message"]["id"] for hit in hits]
    assert run_here("draft", "--post", "o1", "--home", lived_in).code == 0
    assert run_here("notice", "--home", lived_in).code == 0


def test_no_later_import_brings_anything_back(lived_in: Path, tmp_path: Path) -> None:
    forgotten(lived_in)
    before = ask(lived_in, "select * from messages order by id")
    for export in (table(tmp_path / "again.jsonl"), forum(tmp_path / "forum")):
        ran = run_here("import", export, "--home", lived_in, "--community", "club")
        assert "the member was forgotten" in ran.out
    assert found(lived_in) == {}
    assert ask(lived_in, "select * from messages order by id") == before


def test_an_import_that_is_under_way_does_not_bring_them_back(lived_in: Path, tmp_path: Path) -> None:
    many = [
        {
            "id": f"n{n}",
            "author": ID if n % 2 else "u1",
            "at": "2026-11-20T10:00:00Z",
            "text": f"Zenobia says {n}.",
        }
        for n in range(3 * STORE_BATCH)
    ]
    done: list[dict[str, list[str]]] = []

    def forget_after_the_first_batch(_: int, __: int | None) -> None:
        if not done:
            forgotten(lived_in)
        done.append(found(lived_in))

    with House(read_settings(home=lived_in)) as house:
        export = exports.jsonl(tmp_path / "many.jsonl", many)
        report = intake.import_export(house, export, community="club", progress=forget_after_the_first_batch).report
    assert report.skipped["the member was forgotten"] > STORE_BATCH
    assert done == [{}] * 4


def test_the_receipt_counts_and_names_nobody(lived_in: Path) -> None:
    ran = run_here("forget", ID, "--yes", "--home", lived_in, "--json")
    receipt = ran.data
    assert receipt["complete"]
    assert receipt["counts"]["messages"] == 3 + 4
    assert min(receipt["counts"].values()) > 0
    assert not any(canary.lower() in ran.out.lower() for canary in CANARIES)
    assert any("outside" in left for left in receipt["remains"])


def test_asked_again_it_shows_the_same_receipt(lived_in: Path) -> None:
    first = forgotten(lived_in).out
    assert forgotten(lived_in).out == first
    assert forgotten(lived_in, NAME).out == first


def test_without_a_yes_nothing_is_touched(lived_in: Path) -> None:
    before = found(lived_in)
    assert run_here("forget", ID, "--home", lived_in).code == 1  # no terminal answers
    assert found(lived_in) == before


def test_an_unknown_member_is_refused(lived_in: Path) -> None:
    refused(run_here("forget", "Nobody", "--yes", "--home", lived_in), "no member")


def test_their_name_in_the_profile_is_reported_and_left(lived_in: Path) -> None:
    path = lived_in / "communities" / "club" / "community.yaml"
    path.write_text(f"{path.read_text()}\nopted_out: [{ID}]\n")
    before = path.read_text()
    assert f"line {len(before.splitlines())}" in forgotten(lived_in).out
    assert path.read_text() == before


@pytest.mark.parametrize("cut", ["drafts", "vectors", "messages", "after"])
def test_cut_off_anywhere_the_same_command_ends_the_same(
    lived_in: Path, cut: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, House(read_settings(home=lived_in)) as house:
        if cut == "after":
            patch.setattr("knowledge.adapters.sql._clean_file", die)
        else:
            patch.setattr({"drafts": Drafts, "vectors": Vectors, "messages": Messages}[cut], "erase", die)
        with pytest.raises(Killed):
            forget(house.forgetting("club"), ID, house.present())
    again = run_here("import", table(tmp_path / "again.jsonl"), "--home", lived_in, "--community", "club")
    assert "the member was forgotten" in again.out
    ran = run_here("forget", NAME, "--yes", "--home", lived_in, "--json")
    assert found(lived_in) == {}
    assert ran.data["complete"]
    assert ran.data["counts"]["messages"] == 3 + 4


def test_without_the_key_an_import_is_refused(lived_in: Path, tmp_path: Path) -> None:
    forgotten(lived_in)
    key = lived_in / "forgotten.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    again = table(tmp_path / "again.jsonl")
    refused(run_here("import", again, "--home", lived_in, "--community", "club"), "forgotten.key")


def opt_out(home: Path, *who: str) -> None:
    path = home / "communities" / "club" / "community.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "opted_out": list(who)}))


def test_who_opts_out_is_not_found_not_noticed_and_not_drafted_from(lived_in: Path, tmp_path: Path) -> None:
    opt_out(lived_in, NAME)
    searched = run_here("search", "canaryword", "--home", lived_in)
    noticed = run_here("notice", "--home", lived_in)
    queue = run_here("review", "--home", lived_in, "--json")
    batch = run_here("draft", "--all", "--home", lived_in, "--json")
    for ran in (searched, noticed, queue, batch):
        assert ran.code == 0, ran.err
        assert "canaryword" not in ran.out
    for table_ in ("messages", "terms", "drafts", "opportunities", "batch_slots"):
        assert "canaryword" not in str(ask(lived_in, f"select * from {table_}"))
    again = run_here("import", table(tmp_path / "again.jsonl"), "--home", lived_in, "--community", "club")
    assert "the member opted out" in again.out
    assert "canaryword" not in str(ask(lived_in, "select * from messages"))
    with House(read_settings(home=lived_in)) as house:
        assert "canary-post-1" not in house.index.ids("club")


def test_a_review_alone_shows_nothing_of_who_opted_out(lived_in: Path) -> None:
    opt_out(lived_in, ID)
    assert "canaryword" not in run_here("review", "--home", lived_in, "--json").out


def test_who_opts_in_again_comes_back_with_the_next_import(lived_in: Path, tmp_path: Path) -> None:
    opt_out(lived_in, ID)
    run_here("notice", "--home", lived_in)
    opt_out(lived_in)
    assert "2 changed" in run_here("import", table(tmp_path / "a.jsonl"), "--home", lived_in, "-c", "club").out
    assert "canaryword" in run_here("search", "canaryword", "--home", lived_in).out
