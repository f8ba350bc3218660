"""The brand's documents: cut at headings and sentences, whole, broken and hostile."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.errors import UnknownFormat
from knowledge.importers import documents, recognise
from knowledge.messages import Channel, Contents, Member, Message, Record
from tests.unit.knowledge.importers.archives import imported, read_export
from tests.unit.knowledge.importers.exports import assert_safe, messages, reasons, texts

SENTENCE = {
    "en": "We take bags back within thirty days. ",
    "fa": "کیسه را پس می‌گیریم، بله؟ ",
    "zh": "我们三十天内退货。",
}


read = partial(read_export, name="documents")


def file(folder: Path, content: str | bytes, name: str = "guide.md") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def titles(records: Sequence[Record]) -> list[str | None]:
    return [message.title for message in messages(records)]


def pdf(path: Path, *pages: Sequence[str], password: str | None = None) -> Path:
    """A PDF with these lines on its pages, in a font that every reader has."""
    writer = PdfWriter()
    font = DictionaryObject(
        {NameObject(f"/{key}"): NameObject(f"/{value}") for key, value in
         {"Type": "Font", "Subtype": "Type1", "BaseFont": "Helvetica", "Encoding": "WinAnsiEncoding"}.items()}
    )  # fmt: skip
    for lines in pages:
        page = writer.add_blank_page(600, 800)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        drawn = "".join(f"1 0 0 1 50 {780 - 20 * n} Tm ({line}) Tj\n" for n, line in enumerate(lines))
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf {drawn} ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(path)
    return path


GUIDE = """\
---
title: "Returns"
---
Ask us first.

## Bags

Within **thirty**
days, see [the form](https://forge.example/form).

| Size | Price |
|------|-------|
| S    | 3     |

### Torn ones

```
name:
    value
```
"""


def test_a_document_is_a_thread_of_chunks_under_its_headings(tmp_path: Path) -> None:
    path = file(tmp_path, GUIDE)
    os.utime(path, (1764579600, 1764579600))
    channel, author, *chunks, contents = read(path)
    assert channel == Channel(id="documents", name="Documents")
    assert author == Member(id="documents", name="Documents", is_staff=True)
    assert chunks == [
        Message(
            id=id_,
            channel="documents",
            author="documents",
            kind="document",
            at=datetime(2025, 12, 1, 9, tzinfo=UTC),
            thread="doc:guide.md",
            title=title,
            text=text,
        )
        for id_, title, text in (
            ("doc:guide.md", "Returns", "Ask us first."),
            (
                "doc:guide.md#2",
                "Returns › Bags",
                "Within thirty days, see the form (https://forge.example/form).\n\nSize | Price\nS | 3",
            ),
            ("doc:guide.md#3", "Returns › Bags › Torn ones", "name:\n    value"),
        )
    ]
    assert contents == Contents(thread="doc:guide.md", ids=("doc:guide.md", "doc:guide.md#2", "doc:guide.md#3"))


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("return_policy-2026.txt", "x", "return policy 2026"),
        ("a.md", "# Bags\n\nx", "Bags"),
        ("a.md", "x\n\n# Bags\n\nx", "Bags"),
        ("a.html", "<title>The  Forge</title><p>x", "The Forge"),
        ("a.htm", "<h1>The Forge</h1><p>x", "The Forge"),
        ("a.md", "---\nno: title\n---\nx", "a"),
    ],
)
def test_a_document_is_called_what_it_says_or_as_its_file(name: str, content: str, title: str, tmp_path: Path) -> None:
    assert titles(read(file(tmp_path, content, name)))[0] == title


def test_of_a_page_only_its_words_are_read(tmp_path: Path) -> None:
    page = "<html><body><nav>Menu</nav><main><h2>A</h2><script>x()</script><p>Words</main><footer>(c)</footer></html>"
    assert texts(read(file(tmp_path, page, "a.html"))) == ["Words"]


@pytest.mark.parametrize("language", list(SENTENCE))
def test_a_long_text_is_cut_at_sentences_in_every_script(language: str, tmp_path: Path) -> None:
    sentence = SENTENCE[language]
    chunks = texts(read(file(tmp_path, sentence * 200, "a.txt")))
    assert len(chunks) > 1
    assert all(len(chunk) <= 900 and chunk.endswith(sentence.strip()) for chunk in chunks)
    assert "".join(chunks).replace(" ", "") == (sentence * 200).replace(" ", "")


def test_paragraphs_stay_together(tmp_path: Path) -> None:
    paragraphs = [f"{n} " + SENTENCE["en"] * 10 for n in range(6)]
    chunks = texts(read(file(tmp_path, "\n\n".join(paragraphs), "a.txt")))
    assert [chunk[:2] for chunk in chunks] == ["0 ", "2 ", "4 "]


def test_a_folder_is_read_with_its_folders_but_not_what_is_hidden_or_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    file(folder, "x", "b/guide.md")
    file(folder, "x", "a.txt")
    file(folder, "secret", ".git/a.md")
    (folder / "link.md").symlink_to(file(tmp_path, "outside", "outside.md"))
    assert recognise(folder).name == "documents"
    assert [message.id for message in messages(read(folder))] == ["doc:a.txt", "doc:b/guide.md"]


def test_pictures_may_lie_beside_documents_but_nothing_else(tmp_path: Path) -> None:
    file(tmp_path, "x", "guide.md")
    file(tmp_path, b"\x89PNG", "logo.png")
    assert documents.recognises(tmp_path)
    assert reasons(read(tmp_path)) == ["no document: not Markdown, text, HTML or PDF"]
    file(tmp_path, "{}", "data.json")
    assert not documents.recognises(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "is_one"),
    [
        ("a.md", "words", True),
        ("a.TXT", "words — سلام", True),
        ("a.txt", "words".encode("utf-16"), True),
        ("a.txt", "é" * 70_000, True),
        ("a.txt", b"\x00\x01\x02", False),
        ("a.txt", b"caf\xe9", True),
        ("a.txt", "", False),
        ("a.html", "<!doctype html><p>x", True),
        ("a.html", "no tag", False),
        ("a.pdf", "%PDF-1.7", True),
        ("a.pdf", "words", False),
        ("a.doc", "words", False),
    ],
)
def test_a_document_is_recognised_by_its_content(name: str, content: str | bytes, is_one: bool, tmp_path: Path) -> None:
    assert documents.recognises(file(tmp_path, content, name)) is is_one


CHATS_AND_TABLES = (
    (
        "chat",
        "2026년 11월 28일 오후 9:05, Anna : hi\nmore\n" + "2026년 11월 29일 오전 9:06, Bo : yo\n" * 2,
    ),
    ("chat", "28.11.26 г., 21:05 - Anna: hi\n28.11.26 г., 21:06 - Bo: yo\n29.11.26 г., 21:07 - Cy: x"),
    ("chat", "[28 Nov 2026, 9.05] Anna\n[28 Nov 2026, 9.06] Bo\n[29 Nov 2026, 9.05] Anna\n"),
    ("table", 'id,date,text\n1,2026-11-28,"It leaks,\nreally"\n2,2026-11-29,Good\n'),
    ("table", "text;stars\nIt leaks;2\nGood, again;5\n"),
)


@pytest.mark.parametrize(("kind", "content"), CHATS_AND_TABLES)
def test_what_members_wrote_is_no_document_of_the_brand_unless_somebody_says_so(
    kind: str, content: str, tmp_path: Path
) -> None:
    path = file(tmp_path, content, "a.txt")
    with pytest.raises(UnknownFormat, match=f"looks like a {kind}.* --format documents"):
        documents.recognises(path)
    assert texts(read(path)) != []  # by its name


def test_a_chat_among_documents_is_left_out_and_told(tmp_path: Path) -> None:
    file(tmp_path, "good", "b.txt")
    file(tmp_path, CHATS_AND_TABLES[0][1], "c.txt")
    assert documents.recognises(tmp_path)
    records = read(tmp_path)
    assert texts(records) == ["good"]
    assert ["looks like a chat" in reason for reason in reasons(records)] == [True]


@pytest.mark.parametrize(
    "content",
    [
        "Our tastings:\n28.11.2026, 18:00 Kenya\n29.11.2026, 18:00 Peru\n",
        "Dear guest,\n\nwe roast on Monday, Tuesday, Friday,\nand ship on Saturday, Sunday, always.\n",
        "One, two\nthree, four\nfive, six\n",
        "Version 1.2.3 10:15",
        "",
    ],
)
def test_dates_and_commas_alone_do_not_make_a_chat_or_a_table(content: str, tmp_path: Path) -> None:
    assert documents.recognises(file(tmp_path, content, "a.txt")) == bool(content)


def test_a_newer_shorter_version_leaves_nothing_of_the_older(tmp_path: Path) -> None:
    store = MemoryMessageStore()
    path = file(tmp_path, "## A\n\none\n\n## B\n\ntwo")
    os.utime(path, (1764579600, 1764579600))
    assert imported(store, read(path), read(path)) == [(2, 0, 0), (0, 0, 2)]
    path = file(tmp_path, "## A\n\none more")
    os.utime(path, (1764579700, 1764579700))
    imported(store, read(path))
    assert store.count("club") == 1


def test_a_pdf_is_read_page_by_page_without_what_repeats(tmp_path: Path) -> None:
    rules = ["Bags", "Cups", "", "Grinders"]
    pages = [["The Forge", f"{rule} in thir-", "ty", f"days, {rule}.", f"Page {n}"] for n, rule in enumerate(rules)]
    pages[2] = ["The Forge", "Page 3"]
    records = read(pdf(tmp_path / "return-guide.pdf", *pages))
    assert titles(records) == [f"return guide, page {n}" for n in (1, 2, 4)]
    assert texts(records) == [f"{rule} in thirty days, {rule}." for rule in rules if rule]
    assert messages(records)[1].id == "doc:return-guide.pdf#2"


@pytest.mark.parametrize(
    ("pages", "password", "reason"),
    [
        ([["x"]], "secret", "encrypted: save it without a password"),
        ([[]], None, "no text in it: a scan? Run it through OCR first"),
        ([[]] * 401, None, "more than 400 pages"),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(
    pages: Sequence[Sequence[str]], password: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_MAX_PAGES", 400)
    assert reasons(read(pdf(tmp_path / "a.pdf", *pages, password=password))) == [reason]


def test_a_pdf_that_draws_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_MAX_OPERATIONS", 50)
    path = pdf(tmp_path / "a.pdf", ["x"] * 30)
    assert reasons(read(path)) == ["more than 50 drawing operations"]


def test_what_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as sparse:
        sparse.truncate(5 * 2**20)
    assert reasons(read(path)) == ["larger than 4 MiB"]


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt", "a.pdf"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x00" * 50, "\u202e\ufeff".encode()])
def test_what_holds_no_text_is_counted(name: str, content: bytes, tmp_path: Path) -> None:
    records = read(file(tmp_path, content, name))
    assert messages(records) == []
    assert len(reasons(records)) == 1


def test_one_broken_document_does_not_keep_the_others_out(tmp_path: Path) -> None:
    file(tmp_path, b"%PDF-1.7 torn", "a.pdf")
    file(tmp_path, "é\né\n".encode() + b"caf\xe9", "b.txt")
    file(tmp_path, "good", "c.txt")
    records = read(tmp_path)
    assert texts(records) == ["good"]
    assert reasons(records) == ["not readable as PDF", "not UTF-8; save it as UTF-8 and import it again"]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_an_old_text_of_windows_is_read_and_told(name: str, tmp_path: Path) -> None:
    records = read(file(tmp_path, "<p>Geöffnet – täglich 9–5 €\n".encode("cp1252"), name))
    assert texts(records)[0].endswith("Geöffnet – täglich 9–5 €")
    assert ["read as Windows-1252" in reason for reason in reasons(records)] == [True]


@pytest.mark.parametrize("depth", ["<div>", "> ", "- ", "[", "*a ", "<a href='http://x'>", "<table><tr><td>", "<h1>"])
@pytest.mark.parametrize("name", ["a.md", "a.html"])
def test_what_is_nested_without_end_is_read_in_time(name: str, depth: str, tmp_path: Path) -> None:
    assert_safe(read(file(tmp_path, depth * 2_000 + "end", name)))


def test_a_markdown_table_that_would_fill_itself_up_is_left_as_it_is(tmp_path: Path) -> None:
    bomb = "|a" * 2000 + "\n" + "|-" * 2000 + "\n" + "|b\n" * 2000
    assert_safe(read(file(tmp_path, bomb)))


@given(
    st.sampled_from([".md", ".html", ".txt"]), st.text(alphabet="<>!-[]()|#*`&;:/=\"'ahp123\n \0\u202e", max_size=200)
)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_markup_becomes_chunks_or_a_counted_skip(tmp_path: Path, suffix: str, content: str) -> None:
    records = read(file(tmp_path, content, f"a{suffix}"))
    assert_safe(records)
    assert messages(records) or reasons(records)


@given(st.integers(0, 5_000), st.binary(max_size=6), st.integers(0, 40))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_to_a_pdf_is_counted(tmp_path: Path, at: int, damage: bytes, cut: int) -> None:
    data = pdf(tmp_path / "whole.pdf", ["one", "two"], ["three"]).read_bytes()
    place = at % len(data)
    broken = data[:place] + damage + data[place + cut :]
    records = read(file(tmp_path, broken, "a.pdf"))
    assert_safe(records)
    assert messages(records) or reasons(records)
