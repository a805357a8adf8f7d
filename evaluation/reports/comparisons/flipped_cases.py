"""Flipped cases of a pair as rows of short texts, and in a line."""

from collections.abc import Sequence

from evaluation.formatting import counted, quantity
from evaluation.reports.comparisons.tables import Row, side_column
from evaluation.results.comparisons import Flip, Flips


def flip_rows(flips: Flips, better: Sequence[Flip]) -> list[Row]:
    """Return the cases that one side of a pair won, with the answers of both sides.

    Args:
        flips: Flips of one pair.
        better: Its `better_a` or `better_b`.
    """
    return [
        {
            "case": flip.case_id,
            "values": f"{quantity(flip.value_a)} – {quantity(flip.value_b)}",
            side_column(flips.a): _answer(flip.answer_a),
            side_column(flips.b): _answer(flip.answer_b),
        }
        for flip in better
    ]


def _answer(text: str | None) -> str:
    if text is None:
        return "(none)"
    line = " ".join(text.split())
    if len(line) <= _LONGEST:
        return line or "(empty)"
    begin, end = line[:_BEGIN].rpartition(" ")[0] or line[:_BEGIN], line[-_END:].partition(" ")[2] or line[-_END:]
    return f"{begin} … {end}"


_LONGEST, _BEGIN, _END = 80, 34, 48


def flip_line(flips: Flips) -> str | None:
    """Return how many cases flipped each way; None where none did."""
    n = flips.n_better_a + flips.n_better_b
    if not n:
        return None
    return (
        f"{counted(n, 'case')} flipped: {flips.a} is better on {flips.n_better_a:,}, {flips.b} on "
        f"{flips.n_better_b:,}; {flips.n_equal:,} alike"
    )
