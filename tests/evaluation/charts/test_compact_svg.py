"""What is taken over of the SVG that Vega draws."""

import pytest

from evaluation.charts.compact_svg import UnknownMarkError, compact

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="30">'


def compacted(marks: str) -> str:
    svg = compact(f"{HEAD}{marks}</svg>", title="t", description="d")
    return svg.partition('class="paper"/>')[2].removesuffix("</svg>")


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (
            '<g transform="translate(5,6)"><line transform="translate(1,2)" x2="10" y2="0" stroke="#000"/></g>',
            '<line x1="6" y1="8" x2="16" y2="8" class="c0"/>',
        ),
        (
            '<path transform="translate(1.04,2)" d="M3,0A3,3,0,1,1,-3,0A3,3,0,1,1,3,0" fill="#fff"/>',
            '<circle cx="1" cy="2" r="3" class="c0"/>',
        ),
        ('<g transform="translate(5,5)"><path d="M1,2L3,4h2v-1.25Z" stroke="#000"/></g>', None),
        ('<path transform="translate(3,4) rotate(90)" d="M-6,0L6,0" stroke="#000"/>', None),
        ('<text transform="translate(2,3)" fill="#000">a &lt;b&gt; &amp;</text>', None),
        ('<path class="background" d="M0,0h4v4h-4Z"/><g/><path d="" display="none" fill="#000"/>', ""),
    ],
)
def test_marks_stand_where_groups_and_transforms_have_moved_them(marks: str, expected: str | None) -> None:
    known = {
        "h2": '<path d="M6,7L8,9h2v-1.2Z" class="c0"/>',
        "rotate": '<path d="M-6,0L6,0" transform="translate(3,4)rotate(90)" class="c0"/>',
        "text": '<text x="2" y="3" class="c0">a &lt;b&gt; &amp;</text>',
    }
    if expected is None:
        expected = next(text for part, text in known.items() if part in marks)

    assert expected == compacted(marks)


def test_marks_of_one_look_share_a_class_and_invisible_words_of_a_look_are_left_out() -> None:
    marks = '<line x2="1" y2="0" stroke="#818b98" stroke-width="1" opacity="1"/>' * 2

    svg = compact(f"{HEAD}{marks}</svg>", title="t", description="d")

    assert 2 == svg.count('class="c0"')
    assert ".c0{fill:none;stroke:#818b98}.paper" in svg


@pytest.mark.parametrize(
    "marks",
    [
        "<script>alert(1)</script>",
        '<image xlink:href="https://evil.example/x.png" width="1" height="1"/>',
        '<g><a xlink:href="https://evil.example"><text fill="#000">a</text></a></g>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">a</p></foreignObject>',
        '<path d="M0,0C1,2,3,4,5,6" fill="#000"/>',
        '<path d="0 0 M" fill="#000"/>',
        '<path d="M0,0L1" fill="#000"/>',
        '<line x2="1" transform="matrix(1 0 0 1 0 0)" stroke="#000"/>',
        '<text fill="#000">a<tspan>b</tspan></text>',
        "<style>text{display:none}</style>",
    ],
)
def test_what_no_chart_draws_is_refused(marks: str) -> None:
    with pytest.raises(UnknownMarkError):
        compacted(marks)


@pytest.mark.parametrize("name", ["onload", "href", "style", "id", "filter", "clip-path", "aria-label"])
def test_attributes_that_are_no_look_are_not_taken_over(name: str) -> None:
    assert "evil" not in compacted(f'<line x2="1" {name}="url(https://evil.example)" stroke="#000"/>')
