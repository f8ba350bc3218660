"""HTML as people read it, in one walk through the tree, however it is nested."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.importers.markup import Section, html_sections, html_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one\ntwo</p><p>three<br>four</p>", "one two\n\nthree\nfour"),
        ("<p>one</p>\n<p></p><p>two<br><br>three</p><div>a</div><div>b</div>", "one\n\ntwo\n\nthree\n\na\nb"),
        ("<pre>one\n\n  two</pre>", "one\n\n  two"),
        ('<a href="https://x.example/a">here</a>', "here (https://x.example/a)"),
        ('<a href="https://x.example/a">x.example/a</a>', "x.example/a"),
        ('<a href="https://x.example"><a href="https://y.example">in</a>out</a>', "in (https://y.example)out"),
        ('<img alt="a bag"> <a href="https://x.example/@anna">@anna</a>', "a bag @anna"),
        ('<p>See</p><p><img alt="image" src="1.png"></p>', "See"),
        ("<pre>def x:\n    y</pre>", "def x:\n    y"),
        ("<table><tr><td></td><th>S</th></tr><tr><td>price</td><td>3<br>4</td></tr></table>", " | S\nprice | 3 4"),
        ("<table><tr><td>a<td>b<tr><td>1<td>2</table>", "a | b\n1 | 2"),
        ("<!-- no --><script>no()</script><style>no</style>yes<!-- no", "yes"),
        ("a &#1;&lt;b&gt; &amp; c", "a <b> & c"),
        ('<p title="1 < 2">x</p>', "x"),
    ],
)
def test_html_is_read_as_it_is_shown(html: str, text: str) -> None:
    assert html_text(html) == text


def test_what_is_named_is_left_out() -> None:
    assert html_text("<p>a</p><aside class=quote><aside class=quote>b</aside></aside>", without=["aside.quote"]) == "a"


def test_headings_cut_a_page_into_sections() -> None:
    page = "<title>T</title>intro<h1>A</h1><p>a<h3>C</h3><p>c<h2>B <b>b</b></h2><p>b<h1></h1><p>more"
    assert html_sections(page) == (
        "T",
        [
            Section((), "intro"),
            Section(("A",), "a"),
            Section(("A", "C"), "c"),
            Section(("A", "B b"), "b\n\nmore"),
        ],
    )


@pytest.mark.parametrize(
    "piece",
    [
        *("<div>", "<p>", "<a href='http://x'>", "<a ", "<a href='", "<!--", "<!-- >", "<![CDATA[", "<![x >", "<h1>"),
        *("<?", "</", "</x>", "<table><tr><td>", "<template>", "<script>", "<b x='>", "&", "<", "<pre>x "),
    ],
)
def test_markup_that_never_closes_takes_no_time(piece: str) -> None:
    html_text(piece * (9_000 // len(piece)))
    html_text(piece * (6_000 // len(piece)) + ">")


@given(st.text(alphabet="<>!-[]?/=\"'&;#ahptrd13 \n\x01\x02\x03", max_size=120))
@settings(deadline=None, max_examples=100)
def test_any_markup_is_text_in_the_end(html: str) -> None:
    assert not {"\x01", "\x02", "\x03"} & set(html_text(html))
    html_sections(html)
