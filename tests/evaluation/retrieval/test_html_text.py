"""What an HTML page shows, however deep its elements are nested, as a tree of the whole page would tell it."""

import random
import sys

import pytest
from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString

from evaluation.retrieval.html_text import _BLOCKS, _HIDDEN, read_html

INLINE = ["b", "span", "a", "i", "em", "unknown"]
WORDS = ["legs", " legs ", "\n\n", "a\n\nb", "&lt;p&gt;", "&nbsp;", "é", "<!-- no -->", "<br>", "<br/>", "8 < 9", "\t"]


def shown_by_tree(content: bytes) -> str:
    """Return what the page shows, by Beautiful Soup's tree."""
    page = BeautifulSoup(content, "lxml")
    for hidden in page(list(_HIDDEN)):
        hidden.decompose()
    for block in page(list(_BLOCKS)):
        block.insert(0, NavigableString("\n\n"))
        block.append("\n\n")
    for line_break in page("br"):
        line_break.replace_with("\n")
    text = "".join(page._all_strings(types=(NavigableString, CData)))
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def random_page(rng: random.Random) -> bytes:
    tags = [*sorted(_BLOCKS), *INLINE * 4, *sorted(_HIDDEN)]
    parts = []
    for _ in range(rng.randrange(1, 80)):
        tag = rng.choice(tags)
        parts.append(rng.choice([f"<{tag}>", f"</{tag}>", f"<{tag} class=x>y</{tag}>", *rng.choices(WORDS, k=3)]))
    return "".join(parts).encode(rng.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), "replace")


@pytest.mark.parametrize("seed", range(20))
def test_random_pages_are_read_as_their_trees(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(20):
        page = random_page(rng)

        assert shown_by_tree(page) == read_html(page)[0], page


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (b"before<p>a paragraph</p>after", "before\n\na paragraph\n\nafter"),
        (b"<table><tr><th>animal</th><th>legs</th></tr><tr><td>spider<td>8</table>", "animal\n\nlegs\n\nspider\n\n8"),
        (b"<dl><dt>spider<dd>8 legs</dl>", "spider\n\n8 legs"),
        (b"one<br>two<br><br>three", "one two\n\nthree"),
        (b"<pre>a\n\nb</pre>", "a\n\nb"),
        (b"<p>a</p><script>x<p>y</p></script><noscript><p>z</noscript>b", "a\n\nb"),
        ('<meta charset="iso-8859-1"><p>Füße'.encode("latin-1"), "Füße"),
        ("<p>Füße".encode("utf-16"), "Füße"),
        (b"<html><body></body></html>", ""),
        (b"<", "<"),
    ],
)
def test_words_of_neighbouring_blocks_stand_apart(page: bytes, text: str) -> None:
    assert text == read_html(page)[0]


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote", "p", "section"])
def test_a_page_may_be_nested_as_deep_as_it_likes(tag: str) -> None:
    n = 20 * sys.getrecursionlimit()
    page = b"<html>" + f"<{tag}>".encode() * n + b"deep" + b"</x>" + b"<p>after</p>"

    assert "deep\n\nafter" == read_html(page)[0]


@pytest.mark.parametrize("part", [b"<div>a</div>", b"a<br>", b"<p>a", b"<script>x</script>a"])
def test_the_work_grows_with_the_page_alone(part: bytes) -> None:
    """Twenty times the siblings take twenty times the calls, where a tree's list of children took the square."""

    def n_calls(n: int) -> int:
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            read_html(part * n)
        finally:
            sys.setprofile(None)
        return calls

    assert n_calls(20_000) < 25 * n_calls(1_000)
