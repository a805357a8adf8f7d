"""How two sides came out in earlier comparisons, as rows."""

from collections.abc import Sequence

from evaluation.comparisons.sentences import size_of
from evaluation.formatting import p_cell
from evaluation.reports.comparisons.tables import title, verdict_words
from evaluation.results.comparisons import PairHistoryResult


def history_rows(history: Sequence[PairHistoryResult]) -> list[dict[str, str]]:
    """Return one row for each time that a pair was compared by a metric; a pair stands the same way round each time."""
    return [
        {
            "when": str(each.created_at)[:16],
            "pair": f"{each.pair.b} – {each.pair.a}" if each.flipped else f"{each.pair.a} – {each.pair.b}",
            "metric": f"{each.benchmark} {title(each.pair.metric)}",
            "difference [interval]": size_of(each.pair, flipped=each.flipped, signed=True),
            "p": p_cell(each.pair.p_adjusted if each.pair.p_adjusted is not None else each.pair.p_value),
            "pairs": f"{each.pair.n_pairs:,}",
            "verdict": verdict_words(each.pair),
            "comparison": each.comparison_id,
        }
        for each in history
    ]
