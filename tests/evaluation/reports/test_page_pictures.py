"""Pictures on a page: data beside their words, as many as a page can carry."""

import base64
import re
from typing import NoReturn

import pytest
from sample_charts import boxes, intervals

from evaluation.charts import drawing
from evaluation.charts.drawing import ChartsNotDrawnError
from evaluation.charts.rendering import as_svg
from evaluation.escaping import as_markdown_code, for_cell, for_markdown
from evaluation.reports.page_pictures import Album, as_markdown_image


def page_of(album: Album, *parts: str) -> str:
    return album.placed("\n\n".join(["# A page", *parts, *album.remark(), "the end"]) + "\n")


def test_pictures_stand_where_they_were_shown() -> None:
    album = Album()
    first, second = boxes("first", 1.0), intervals("second", 1.0)

    page = page_of(album, *album.show(first), "between", *album.show(None), *album.show(second))

    heading, one, between, two, end = page.split("\n\n")
    assert ("# A page", "between", "the end\n") == (heading, between, end)
    assert as_markdown_image(as_svg(first), "first") == one
    assert as_markdown_image(as_svg(second), "second") == two


def test_a_page_without_pictures_is_left_as_it_is() -> None:
    assert "# A page\n\nthe end\n" == page_of(Album())


def test_pictures_for_which_there_is_no_room_are_left_out_and_counted() -> None:
    length = len(as_markdown_image(as_svg(boxes("a", 1.0)), "a"))
    album = Album(room=2 * length)
    marks = [mark for _ in range(4) for mark in album.show(boxes("a", 1.0))]

    page = page_of(album, *marks)

    assert 2 == page.count("data:image/svg+xml")
    assert "2 more pictures would make this page too long to load; the tables have all numbers." in page
    assert "\x00" not in page
    assert "\n\n\n" not in page


def test_where_pictures_cannot_be_drawn_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> NoReturn:
        raise ChartsNotDrawnError("ended <b>")

    monkeypatch.setattr(drawing, "DrawingProcess", fail)
    album = Album()

    page = page_of(album, *album.show(boxes("a", 1.0)), *album.show(boxes("b", 1.0)))

    said = "Pictures could not be drawn (ended &lt;b&gt;); the tables have all numbers."
    assert f"# A page\n\n{said.replace('&lt;b&gt;', for_markdown('<b>'))}\n\nthe end\n" == page


@pytest.mark.parametrize("escaped", [for_markdown, as_markdown_code, for_cell])
def test_what_others_write_is_no_place_of_a_picture(escaped: type) -> None:
    album = Album()
    hostile = str(escaped("\x00picture 0\x00 \x00picture remark\x00"))

    page = page_of(album, hostile, *album.show(boxes("a", 1.0)))

    assert 1 == page.count("data:image/svg+xml")
    assert hostile in page


def test_a_picture_stands_in_markdown_as_data_with_its_words_escaped() -> None:
    text = as_markdown_image("<svg/>", "of [a](https://evil.example)")

    match = re.fullmatch(r"!\[(.+)\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", text)
    assert match is not None
    assert b"<svg/>" == base64.b64decode(match[2])
    assert "](https" not in match[1]
