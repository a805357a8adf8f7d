"""Past comparisons of two sides, matched by identity or by label."""

from collections.abc import Sequence
from itertools import combinations

from evaluation.comparisons.metrics import FIGURES
from evaluation.comparisons.sides import find_members
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.results.comparisons import PairHistoryResult
from evaluation.store.comparisons import PairHistoryRow, compared_pairs, pair_history
from evaluation.store.session import Store

_EXAMPLE = "For example `benchwright compare --history last`, or `benchwright compare --history llama3.2:3b qwen3:4b`."

_NEXT = "Compare them first. Two models of one name but different weights have their digests in their names."


def history_of(store: Store, words: Sequence[str], *, metrics: Sequence[str] = ()) -> list[PairHistoryResult]:
    """Return every stored comparison of these sides, oldest first.

    Args:
        store: Where comparisons are.
        words: Runs, whose candidates are looked up in pairs; or the names of two sides as comparisons showed them.
        metrics: Which; empty: those of quality.

    Raises:
        ConfigurationError: neither runs nor two names.
        UnknownNameError: there is no comparison under these names.
    """
    if not words:
        raise ConfigurationError("--history needs runs, or the names of two sides", _EXAMPLE)
    history = {
        (row.comparison_id, row.pair.metric, row.pair.result.a, row.pair.result.b): _history_result(row, a)
        for a, b in _pairs(store, words)
        for row in pair_history(store, a, b)
        if _is_selected(row, metrics)
    }
    if not history:
        raise UnknownNameError("comparison of", " and ".join(words), _compared(store), _NEXT)
    return sorted(history.values(), key=lambda row: (row.created_at, row.comparison_id))


def _compared(store: Store) -> list[str]:
    return [f"{a} and {b}" for a, b in compared_pairs(store)]


def _is_selected(row: PairHistoryRow, metrics: Sequence[str]) -> bool:
    if metrics:
        return row.pair.result.metric in metrics or row.pair.metric.name in metrics
    return row.pair.metric.name not in FIGURES


def _pairs(store: Store, words: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Return the keys of the two sides of each pair."""
    try:
        members = find_members(store, words)
    except UnknownNameError:
        if len(words) != 2:
            raise
        return [([words[0]], [words[1]])]
    fingerprints = [member.fingerprint for member in members]
    pairs = list(dict.fromkeys(combinations(fingerprints, 2)))
    if not pairs:
        raise ConfigurationError("that run has only one candidate, and a history needs two", _EXAMPLE)
    return [([a], [b]) for a, b in pairs]


def _history_result(row: PairHistoryRow, first: Sequence[str]) -> PairHistoryResult:
    is_first = row.pair.a_key in first or row.pair.result.a in first
    return PairHistoryResult(
        comparison_id=row.comparison_id,
        created_at=row.created_at,
        benchmark=row.benchmark_name,
        benchmark_version=row.benchmark_version,
        run_ids=row.run_ids,
        code_version=row.code_version,
        pair=row.pair.result,
        flipped=not is_first,
    )
