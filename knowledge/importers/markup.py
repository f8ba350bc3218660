"""HTML to text as people read it: links and mentions stay readable, what a quote repeats can be left out."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import regex
from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, Tag
from bs4.exceptions import ParserRejectedMarkup

from knowledge.importers.source import MAX_TEXT

_BLOCKS = frozenset(
    {"p", "li", "div", "blockquote", "pre", "table", "section", "article", "main", "header", "dt", "dd", "figcaption"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "hr"}
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "title"})
_AROUND = frozenset({"nav", "footer", "form", "button", "iframe"})
"""What stands around the words of a page."""
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4}

# Marks inside a text on its way out of the tree; the same characters in the text itself are dropped before.
# A line with nothing but _BLANK is one that people see.
_HEADING, _SPACE, _CELL, _BLANK = "\x01", "\x02", "\x03", "\x04"
_NO_MARKS = {ord(mark): None for mark in (_HEADING, _SPACE, _CELL, _BLANK)}

_WHITE = regex.compile(r"\s+")
_MARKED_SECTION = regex.compile(r"<!\[[^>]*>?")
_UNCLOSED = 100
"""Tags without an end that the parser is left with, as an attribute may hold a “<”: each costs a look at the rest."""


class Section(NamedTuple):
    """A piece of a page under its headings, the highest first. A line for each block."""

    headings: tuple[str, ...]
    text: str


def html_text(html: str, *, without: Sequence[str] = ()) -> str:
    """The text of a piece of HTML, a line for each block and paragraphs apart.

    `without` names what is left out, as CSS selectors. A link whose label is not its address becomes
    “label (address)”. What no parser takes becomes nothing.
    """
    if len(html) > 10 * MAX_TEXT:
        return html  # too long for a post: whoever reads it says so
    soup = parse_html(html)
    if soup is None:
        return ""
    hidden = {id(found) for selector in without for found in soup.select(selector)}
    return "\n".join(_Walk(_UNSEEN, hidden).lines(soup))


def html_sections(html: str) -> tuple[str, list[Section]]:
    """The title of a page, or nothing, and its text in the order of the page, cut at the headings h1 to h4."""
    soup = parse_html(html)
    if soup is None:
        return "", []
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    path: list[tuple[int, str]] = []
    sections: list[tuple[tuple[str, ...], list[str]]] = [((), [])]
    for line in _Walk(_UNSEEN | _AROUND, headings=True).lines(soup):
        if not line.startswith(_HEADING):
            sections[-1][1].append(line)
            continue
        level, heading = int(line[1]), line[2:].strip()
        if heading:
            path = [*(above for above in path if above[0] < level), (level, heading)]
            sections.append((tuple(text for _, text in path), []))
    return title, [Section(headings, "\n".join(lines).strip("\n")) for headings, lines in sections if any(lines)]


class _Walk:
    """One way through a tree, however deep, without recursion: each node is looked at once."""

    def __init__(self, unseen: Collection[str], hidden: Collection[int] = (), *, headings: bool = False) -> None:
        self._unseen = unseen
        self._hidden = hidden
        self._headings = _HEADINGS if headings else {}
        self._parts: list[str] = []
        self._link: tuple[Tag, int] | None = None
        self._pre = self._cells = 0

    def lines(self, root: Tag) -> Iterator[str]:
        """The lines of the text that say something, and one that is empty where people see any between them."""
        open_tags: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
        while open_tags:
            tag, children = open_tags[-1]
            node = next(children, None)
            if node is None:
                open_tags.pop()
                self._leave(tag)
            elif isinstance(node, Tag):
                if node.name not in self._unseen and id(node) not in self._hidden:
                    self._enter(node)
                    open_tags.append((node, iter(node.contents)))
            elif type(node) in (NavigableString, CData):
                self._say(str(node))
        begun = blank = False
        for line in "".join(self._parts).split("\n"):
            row = line.replace(_BLANK, "").rstrip(f"{_CELL} ").lstrip(" ").removeprefix(_CELL)
            cells = [" ".join(cell.split()) for cell in row.split(_CELL)]
            if any(cells):
                if begun and blank:
                    yield ""
                yield " | ".join(cells).replace(_SPACE, " ").rstrip()
                begun, blank = True, False
            else:
                blank = blank or _BLANK in line

    def _say(self, text: str) -> None:
        text = text.translate(_NO_MARKS)
        if self._pre and not self._cells:
            self._parts.append(text.replace(" ", _SPACE).replace("\t", _SPACE * 4).replace("\n", f"{_BLANK}\n"))
        else:
            self._parts.append(_WHITE.sub(" ", text))  # as a browser shows it

    def _break(self, tag: Tag) -> None:
        end = f"\n{_BLANK}\n" if tag.name == "p" else f"{_BLANK}\n" if tag.name == "br" else "\n"
        self._parts.append(" " if self._cells else end)

    def _enter(self, tag: Tag) -> None:
        if tag.name == "img":
            said = str(tag.get("alt") or "")
            self._say("" if said == "image" else said)  # what Discourse calls each picture that is pasted
        elif tag.name == "a":
            self._link = (tag, len(self._parts))
        elif tag.name in _CELLS:
            self._cells += 1
            self._parts.append(_CELL)
        elif tag.name == "tr":
            self._parts.append("\n")
        elif tag.name in _BLOCKS or tag.name == "br":
            self._break(tag)
            self._pre += tag.name == "pre"
            if tag.name in self._headings and not self._cells:
                self._parts.append(f"{_HEADING}{self._headings[tag.name]}")

    def _leave(self, tag: Tag) -> None:
        if tag.name == "a":
            if self._link is not None and self._link[0] is tag:
                label = "".join(self._parts[self._link[1] :]).replace(_SPACE, " ").strip()
                self._parts.append(_address(str(tag.get("href") or ""), label))
            self._link = None  # of links inside one another, the innermost
        elif tag.name in _CELLS:
            self._cells -= 1
        elif tag.name == "tr":
            self._parts.append("\n")
        elif tag.name in _BLOCKS:
            self._break(tag)
            self._pre -= tag.name == "pre"


def _address(address: str, label: str) -> str:
    """Mentions and hashtags say enough; so does an address that is its own label, shortened or not."""
    if not address.startswith(("http://", "https://")) or not label or label.startswith(("@", "#")):
        return ""
    bare = address.split("://", 1)[1].removeprefix("www.").rstrip("/")
    shown = label.split("://", 1)[-1].removeprefix("www.").rstrip("/…")
    return "" if bare.startswith(shown) else f" ({address.translate(_NO_MARKS)})"


def parse_html(html: str) -> BeautifulSoup | None:
    """The tree of a piece of HTML, in a time that no input can stretch; None of what no parser takes."""
    try:
        return BeautifulSoup(_tame(html), "html.parser")
    except (ParserRejectedMarkup, RecursionError):
        return None


def _tame(html: str) -> str:
    """Without what keeps Python's parser busy: what is never closed makes it look through all the rest, each time."""
    kept, start = [], 0
    while (begin := html.find("<!--", start)) >= 0:
        kept.append(html[start:begin])
        end = html.find("-->", begin + 4)
        start = end + 3 if end >= 0 else len(html)
    html = _MARKED_SECTION.sub("", "".join([*kept, html[start:]]))
    first, *tags = html.split("<")
    if sum(">" not in tag for tag in tags) <= _UNCLOSED:
        return html
    return first + "".join(f"<{tag}" if ">" in tag else f"&lt;{tag}" for tag in tags)
