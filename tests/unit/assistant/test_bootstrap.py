from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest

from assistant.bootstrap import House
from assistant.desk import PHRASEBOOK
from assistant.errors import BadProfile, Misconfigured, NotFound
from assistant.settings import read_settings
from assistant.writing.model import ModelWriter
from knowledge.history import index_pending
from knowledge.messages import Channel, Member
from tests import making
from tests.making import NOW, message


def test_building_a_house_opens_nothing(tmp_path: Path) -> None:
    House(read_settings(home=tmp_path / "home"))
    assert not (tmp_path / "home").exists()


def test_the_home_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    with making.house(tmp_path / "home") as house:
        house.messages.communities()
    assert S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_leaving_a_house_lets_go_of_what_was_opened(tmp_path: Path) -> None:
    index = making.HeldIndex()
    with making.house(tmp_path) as house:
        house.__dict__["index"] = index
    assert not index.held
    assert "index" not in house.__dict__


def test_a_house_that_opened_nothing_can_be_closed_twice(tmp_path: Path) -> None:
    house = House(read_settings(home=tmp_path))
    house.close()
    house.close()


def test_an_unknown_community_is_not_found_and_the_known_ones_are_named(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        with pytest.raises(NotFound, match="none yet; run `hearthside import`"):
            house.profile("club")
        making.furnish(house)
        with pytest.raises(NotFound, match=r"no community “clbu”\. Known: club"):
            house.profile("clbu")


def test_a_profile_that_is_not_valid_names_its_file(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        house.profile_path("club").write_text("id: club\nname: Club\nlangauges: [en]\n")
        with pytest.raises(BadProfile, match=r"club/community.yaml: langauges"):
            house.profile("club")


def test_a_profile_copied_from_another_community_is_refused(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        copied = house.profile_path("forge")
        copied.parent.mkdir()
        copied.write_bytes(house.profile_path("club").read_bytes())
        with pytest.raises(BadProfile, match="its id is “club”"):
            house.desk("forge")


def test_the_only_community_need_not_be_named(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        with pytest.raises(NotFound, match="no community yet"):
            house.choose(None)
        making.furnish(house)
        assert house.choose(None) == "club"


def test_of_several_communities_one_must_be_chosen(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        making.furnish(house, id="forge")
        with pytest.raises(NotFound, match="--community: club, forge"):
            house.choose(None)
        assert house.choose("forge") == "forge"


def test_a_desk_is_kept_while_its_profile_stays(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        assert house.desk("club") is house.desk("club")
        assert house.desk("club", "phrasebook") is not house.desk("club")


def test_a_changed_profile_makes_a_new_desk(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        old = house.desk("club")
        making.furnish(house, name="The Other Club")
        assert house.desk("club") is not old
        assert house.desk("club").profile.name == "The Other Club"


def test_a_channel_that_the_profile_makes_private_is_private_from_then_on(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, message(channel="vip"))
        house.messages.save("club", channels=[Channel(id="vip", name="#vip")])
        desk = house.desk("club")
        index_pending(desk.messages, desk.index, desk.understanding, "club")
        assert desk.messages.posts("club")[0].visibility == "public"
        making.furnish(house, channels=[{"id": "vip", "name": "#vip", "visibility": "private"}])
        assert house.desk("club").messages.posts("club")[0].visibility == "private"


def test_a_desk_works_with_the_parts_of_the_house(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, message())
        desk = house.desk("club")
        assert (desk.messages, desk.store, desk.index) == (house.messages, house.store, house.index)
        assert desk.messages.count("club") == 1


def test_the_time_is_what_was_asked_for(tmp_path: Path) -> None:
    with making.house(tmp_path, as_of=NOW) as house:
        assert house.clock(making.profile(live=True))() == house.clock(making.profile(live=False))() == NOW


def test_in_an_archive_the_time_is_that_of_the_newest_message(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, message("m1", at=NOW - timedelta(days=9)), message("m2", at=NOW - timedelta(days=400)))
        assert house.clock(making.profile(live=False))() == NOW - timedelta(days=9)


@pytest.mark.parametrize("live", [True, False], ids=["a live community", "an archive without messages"])
def test_otherwise_the_time_is_now(tmp_path: Path, live: bool) -> None:
    with making.house(tmp_path) as house:
        before = datetime.now(UTC)
        assert before <= house.clock(making.profile(live=live))() <= datetime.now(UTC)


def test_the_time_of_an_archive_moves_with_what_is_imported(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        clock = house.clock(making.profile(live=False))
        making.furnish(house, message("m1", at=NOW))
        assert clock() == NOW
        making.furnish(house, message("m2", at=NOW + timedelta(days=1)))
        assert clock() == NOW + timedelta(days=1)


def test_without_a_model_the_phrasebook_writes(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        assert not house.has_model
        assert house.writer("auto", making.profile()) is PHRASEBOOK
        with pytest.raises(Misconfigured, match="HEARTHSIDE_MODEL"):
            house.writer("model", making.profile())


def test_with_a_model_it_writes_unless_the_phrasebook_is_asked_for(tmp_path: Path) -> None:
    with making.house(tmp_path, model="gpt-x") as house:
        assert house.has_model
        assert isinstance(house.writer("auto", making.profile()), ModelWriter)
        assert house.writer("phrasebook", making.profile()) is PHRASEBOOK
        assert house.chat.name == "gpt-x"


def test_a_local_model_counts_as_one(tmp_path: Path) -> None:
    with making.house(tmp_path, local_model=tmp_path / "model.gguf") as house:
        assert house.has_model


@pytest.mark.parametrize("name", ["gpt", "", "Auto"])
def test_an_unknown_writer_is_refused_with_those_there_are(tmp_path: Path, name: str) -> None:
    with making.house(tmp_path) as house, pytest.raises(Misconfigured, match="Known: auto, phrasebook, model"):
        house.writer(name, making.profile())


def test_a_prompt_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with making.house(tmp_path, model="gpt-x", prompt_version=99) as house:
        with pytest.raises(Misconfigured, match=r"no prompt .*99"):
            house.writer("model", making.profile())
        assert house.writer("model", making.profile(), prompt_version=1)


def test_no_local_model_can_be_started_where_none_is_set(tmp_path: Path) -> None:
    with making.house(tmp_path) as house, pytest.raises(Misconfigured, match="HEARTHSIDE_LOCAL_MODEL"):
        assert house.local_model


def test_the_vectors_are_in_the_home_folder_and_nothing_is_written_before_they_are_needed(tmp_path: Path) -> None:
    with House(read_settings(home=tmp_path / "home")) as house:
        assert house.index
        assert not (tmp_path / "home").exists()


def test_an_endpoint_embeds_where_one_is_set_and_the_built_in_encoder_reads_signals(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path, embedding_model="small-model", embedding_url="http://127.0.0.1:9/v1")
    with House(settings) as house:
        assert house.embedder.name == "small-model@127.0.0.1"
    with House(read_settings(home=tmp_path)) as house:
        assert house.embedder.name == house.built_in.name


def test_the_names_of_all_members_are_hidden_from_an_embeddings_endpoint_elsewhere(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        house.messages.save("club", members=[Member(id="7", name="Silva Lind")])
        hide = house.masking()
        assert hide("Silva asked the Club on Monday: ana@example.com") == (
            "<NAME_1> asked the Club on Monday: <EMAIL_1>"
        )
        house.messages.save("club", members=[Member(id="8", name="Bo")])
        assert house.masking()("Bo and silva lind") == "<NAME_1> and <NAME_2>"
