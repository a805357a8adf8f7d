"""Answers shown as Markdown: what is formatted, and that nothing in them leads anywhere or loads anything."""

import pytest
from api_client import ApiClient
from hostile_texts import MARK, TEXTS, letters
from seen_pages import SeenPage

from deployments.api.pages.formatted_text import LONGEST, formatted


def test_markdown_becomes_headings_lists_tables_and_code() -> None:
    text = "# Sum\n\n3. a **b**\n4. c\n\n| x |\n|---|\n| 1 |\n\n```py\nprint(1 < 2)\n```\n"

    shown = formatted(text)

    assert shown == (
        '<p><strong>Sum</strong></p><ol start="3"><li>a <strong>b</strong></li><li>c</li></ol>'
        '<table><thead><tr><th scope="col">x</th></tr></thead>'
        "<tbody><tr><td>1</td></tr></tbody></table>"
        "<pre><code>print(1 &lt; 2)\n</code></pre>"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[here](http://elsewhere)",
        "![picture](http://elsewhere/a.png)",
        "<http://elsewhere>",
        "<script>alert(1)</script>",
        "a <b onclick=x>b</b>",
        "[r]\n\n[r]: http://elsewhere",
        "&lt;i&gt;",
        "```x onclick=1\n```",
        "| <a href=x> |\n|:-:|\n| <img src=x> |",
    ],
)
def test_no_link_no_picture_and_no_html_come_of_a_text(text: str) -> None:
    seen = SeenPage(str(formatted(text)))

    assert [] == seen.problems
    assert [] == seen.links
    assert not {"a", "img", "script", "b", "i"} & set(seen.elements)
    assert "elsewhere" not in text or "elsewhere" in seen.text


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_texts_have_no_attributes_and_are_closed(text: str) -> None:
    seen = SeenPage(str(formatted(text)))

    assert [] == seen.problems
    assert [] == seen.links


def test_a_very_long_text_is_shown_as_it_was_written() -> None:
    assert formatted("a" * LONGEST) is not None
    assert formatted("a" * (LONGEST + 1)) is None


def test_a_case_is_shown_as_written_unless_it_is_asked_for_formatted(hostile: ApiClient) -> None:
    written = hostile.get("/runs/mixed/case?id=c01")
    changed = hostile.get("/runs/mixed/case?id=c01&formatted=true")

    assert 'class="formatted"' not in written.text
    assert 'class="formatted"' in changed.text
    assert [] == SeenPage(changed.text).problems
    assert MARK in letters(SeenPage(changed.text).text)
