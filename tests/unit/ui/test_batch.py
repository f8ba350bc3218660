"""The files of a batch, which a person downloads."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from assistant import usecases
from assistant.batches import make_plan, run_batch
from tests import making
from ui.desk.batch import _files
from ui.desk.jobs import Jobs
from ui.desk.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    house = making.house(tmp_path)
    making.furnish(house)
    return Session(house, "phrasebook", Jobs(), cast(Any, None), cast(Any, None))


@pytest.fixture
def batch(session: Session) -> str:
    plan = {"name": "x", "languages": ["en"], "drafts": [{"kind": "poll", "count": 1, "topic": "size"}]}
    return run_batch(session.desk("club"), make_plan(plan, "plan")).id


def test_files_that_are_missing_are_written_and_then_left_alone(session: Session, batch: str) -> None:
    lines, table = map(Path, _files(session, "club", batch))
    assert table.read_bytes().startswith(b"\xef\xbb\xbfid,kind,")
    lines.write_text("mine")
    assert _files(session, "club", batch) == [str(lines), str(table)]
    assert lines.read_text() == "mine"
    table.unlink()
    _files(session, "club", batch)
    assert table.exists()


def test_fresh_files_hold_the_drafts_as_they_were_edited(session: Session, batch: str) -> None:
    _files(session, "club", batch)
    desk = session.desk("club")
    usecases.edit(desk, desk.store.drafts("club")[0].id, "m1", "Tell us, all of you.", "Maja")
    lines, _ = _files(session, "club", batch, fresh=True)
    assert json.loads(Path(lines).read_text("utf-8"))["text"].startswith("Tell us, all of you.")
