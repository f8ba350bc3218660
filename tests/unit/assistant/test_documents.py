"""The brand's own documents: what is known, and what no longer is."""

from datetime import timedelta
from pathlib import Path

import pytest

from assistant import usecases
from assistant.bootstrap import House
from assistant.documents import Document, documents, take_out
from assistant.domain import Brief
from assistant.errors import NotAllowed, NotFound
from assistant.intake import import_export, index_all
from knowledge.errors import EmbeddingFailed
from knowledge.history import index_pending
from knowledge.messages import Contents, Message
from knowledge.ports import Filters, shelf_of
from knowledge.search import search
from tests import making


def bring_in(house: House, path: Path) -> None:
    import_export(house, path, community="club")
    index_all(house, "club")


def found(house: House, question: str) -> set[str]:
    asked = house.messages, house.index, house.embedder, "club", question
    return {passage.post.message.text for passage in search(*asked, filters=Filters(kind="document"))}


def test_a_document_that_is_no_longer_true_goes_whole_and_comes_back_when_it_is_imported_again(tmp_path: Path) -> None:
    folder = tmp_path / "brand"
    (folder / "care").mkdir(parents=True)
    (folder / "returns.md").write_text("# Returns\n\n## Bags\n\nBags go back.\n\n## Cups\n\nCups go back.\n")
    (folder / "care" / "grinder.txt").write_text("Clean the grinder with rice.\n")
    with making.house(tmp_path) as house:
        making.furnish(house)
        bring_in(house, folder)
        known = documents(house, "club")
        assert [(each.name, each.pieces) for each in known] == [("care/grinder.txt", 1), ("returns.md", 2)]
        assert all(isinstance(each, Document) and each.at.tzinfo for each in known)
        assert take_out(house, "club", "returns.md") == 2
        assert [each.name for each in documents(house, "club")] == ["care/grinder.txt"]
        assert found(house, "bags go back") <= {"Clean the grinder with rice."}
        assert house.index.ids(shelf_of("club", "document")) == {"doc:care/grinder.txt"}
        bring_in(house, folder / "returns.md")
        assert "Bags go back." in found(house, "bags go back")


def test_a_document_goes_though_nothing_can_be_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise EmbeddingFailed("No embeddings endpoint answers.")

    (tmp_path / "care.md").write_text("Rinse it.")
    with making.house(tmp_path) as house:
        making.furnish(house)
        bring_in(house, tmp_path / "care.md")
        house.messages.save("club", messages=[making.message()])
        monkeypatch.setattr(type(house.embedder), "encode", fail)
        assert take_out(house, "club", "care.md") == 1
        assert documents(house, "club") == []
        assert house.index.ids(shelf_of("club", "document")) == set()


def test_a_name_that_is_none_is_told_which_there_are(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        assert documents(house, "club") == []
        with pytest.raises(NotFound, match="Known: none"):
            take_out(house, "club", "returns.md")
        (tmp_path / "care.md").write_text("Rinse it.")
        bring_in(house, tmp_path / "care.md")
        with pytest.raises(NotFound, match=r"no document “returns.md” in club\. Known: care\.md\."):
            take_out(house, "club", "returns.md")


def test_an_answer_from_a_document_that_has_changed_or_gone_cannot_be_approved() -> None:
    def policy(text: str, minute: int) -> Message:
        at = making.NOW + timedelta(minutes=minute)
        return making.message("doc:returns.md", text, kind="document", thread="doc:returns.md", at=at)

    question = making.message("m1", "Within how many days do you take bags back?")
    desk = making.desk(question, policy("We take bags back within 14 days.", 0))
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="m1", situation="question"))
    assert "We take bags back within 14 days." in draft.text
    desk.messages.save("club", messages=[policy("We take bags back within 7 days.", 1)])
    with pytest.raises(NotAllowed, match="document behind this draft"):
        usecases.approve(desk, draft.id, "Maja")
    desk.messages.save("club", contents=[Contents(thread="doc:returns.md", ids=())])
    with pytest.raises(NotAllowed, match="document behind this draft"):
        usecases.approve(desk, draft.id, "Maja")
    desk.messages.save("club", messages=[policy("We take bags back within 14 days.", 2)])
    index_pending(desk.messages, desk.index, desk.understanding, "club")
    assert usecases.approve(desk, draft.id, "Maja").status == "approved"
