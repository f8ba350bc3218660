"""Reading YAML, and knowing which languages there are."""

from pathlib import Path

import pytest

from prompts.errors import BadFile
from prompts.files import languages, read_yaml

OURS = ("af", "ar", "en", "fa", "pl", "pt", "sv", "zu")


@pytest.mark.parametrize("folder", ["phrasebooks", "lexicons"])
def test_each_of_our_languages_has_a_file(folder: str) -> None:
    assert languages(folder) == OURS


def test_a_mapping_is_read_with_its_letters(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("greeting: Dzień dobry، سلام\n", encoding="utf-8")
    assert read_yaml(path) == {"greeting": "Dzień dobry، سلام"}


@pytest.mark.parametrize("content", ["- a list\n", "just words\n", "", "42\n"])
def test_a_file_without_a_mapping_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadFile, match=r"list\.yaml.*mapping"):
        read_yaml(path)


def test_broken_syntax_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("fine: yes\nbroken: [a, b\nnext: 1\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"(?s)broken\.yaml.*line 3"):
        read_yaml(path)


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("greeting: Hälsningar\n".encode("latin-1"))
    with pytest.raises(BadFile, match=r"latin\.yaml"):
        read_yaml(path)


def test_a_tag_in_a_file_builds_no_object(tmp_path: Path) -> None:
    path = tmp_path / "tag.yaml"
    path.write_text("run: !!python/object/apply:os.getcwd []\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"tag\.yaml"):
        read_yaml(path)
