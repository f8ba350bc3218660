"""A copy of the prompt files that a test may break."""

from pathlib import Path
from shutil import copytree

import pytest

from prompts import files, lexicon, phrasebook, templates


@pytest.fixture
def prompt_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the loaders read from in this test. A broken file is never cached, so use a new name for it."""
    root = tmp_path / "prompts"
    for folder in ("phrasebooks", "lexicons", "templates"):
        copytree(files.ROOT / folder, root / folder)
    for module in (files, lexicon, phrasebook, templates):
        monkeypatch.setattr(module, "ROOT", root)
    return root
