"""A comparison as plain values: what `--json`, the terminal, the artifacts and the store are all made of."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.comparing.comparison import ComparedPair, Comparison, MetricComparison
from evaluation.comparing.sides import Side
from evaluation.reports.comparison_sentences import sentences
from evaluation.score import Estimate
from evaluation.stats.pair_comparison import PairComparison
from evaluation.store.benchmarks import find_benchmark
from evaluation.store.session import Store

PAIR_COLUMNS = (
    "verdict",
    "difference",
    "low",
    "high",
    "p_value",
    "p_adjusted",
    "n_pairs",
    "method",
    "effect_size",
    "mde",
)
"""What stands in columns of its own, in their order."""
_OWN = ("failures_as_zero", "also", "intervals", "notes", "kind")
"""Fields of a pair that are not taken as they are."""


def comparison_result(store: Store, comparison: Comparison) -> dict[str, Any]:
    """The comparison in full, its pairs flat under `comparisons`: quality first, the headline's before all."""
    run = comparison.members[0].run
    benchmark = find_benchmark(store, run.plan.benchmark_version)
    result: dict[str, Any] = {
        "benchmark": run.plan.benchmark_name,
        "benchmark_version": run.plan.benchmark_version,
        "task_type": benchmark.task_type if benchmark else None,
        "n_cases": benchmark.n_cases if benchmark else None,
        "run_ids": list(dict.fromkeys(member.run_id for member in comparison.members)),
        "by": comparison.by,
        "against": comparison.against,
        "margin": comparison.margin,
        "headline": comparison.headline.metric.word if comparison.headline else None,
        "winner": comparison.headline.many.winner if comparison.headline else None,
        "sides": [_side(comparison, side) for side in comparison.sides],
        "unscored": list(comparison.unscored),
        "metrics": [_metric(found) for found in (*comparison.metrics, *comparison.figures)],
        "preferences": [asdict(found) for found in comparison.preferences],
        "flips": [asdict(found) for found in comparison.flips],
        "notes": [*comparison.notes, *comparison.changed_texts],
        "comparisons": [
            pair_result(found, pair) for found in (*comparison.metrics, *comparison.figures) for pair in found.pairs
        ],
    }
    plain: dict[str, Any] = _as_lists(result)
    return {"sentences": sentences(plain), **plain}


def _as_lists(value: Any) -> Any:
    """The value as JSON gives it back."""
    if isinstance(value, Mapping):
        return {str(key): _as_lists(item) for key, item in value.items()}
    return [_as_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _side(comparison: Comparison, side: Side) -> dict[str, Any]:
    standing = comparison.standings[side.label]
    return {
        "side": side.label,
        "key": side.key,
        "digests": list(side.digests),
        "run_ids": list(side.run_ids),
        "members": [
            {
                "run_id": member.run_id,
                "candidate": member.label,
                "model": member.model,
                "digest": member.digest,
                "fingerprint": member.fingerprint,
                "family": member.details.get("family"),
                "parameter_size": member.details.get("parameter_size"),
                "quantization": member.details.get("quantization"),
                "options": dict(member.options),
                "profile": member.profile,
                "think": member.details.get("think"),
                "endpoint": member.endpoints,
                "server_version": member.servers,
                "slots": member.candidate.plan.slots,
                "seed": member.run.plan.seed,
                "repeats": member.run.plan.n_repeats,
                "started_at": member.run.started_at.isoformat() if member.run.started_at else None,
                "code_version": member.run.plan.code_version,
            }
            for member in side.members
        ],
        **asdict(standing),
    }


def _metric(found: MetricComparison) -> dict[str, Any]:
    return {
        "metric": found.metric.word,
        "signature": found.metric.use.signature,
        "unit": found.metric.unit,
        "kind": str(found.pairs[0].found.kind) if found.pairs else None,
        "higher_is_better": found.metric.higher_is_better,
        "values": {label: _estimate(value) for label, value in found.values.items()},
        "winner": found.many.winner,
        "order": list(found.many.order),
        "groups": [list(group) for group in found.many.groups],
        "ranks": {label: list(ranks) for label, ranks in found.many.ranks.items()},
        "gate": _gate(found),
        "notes": list(found.many.notes),
    }


def _gate(found: MetricComparison) -> dict[str, Any] | None:
    if found.many.gate is None:
        return None
    gate = asdict(found.many.gate)
    return {**gate, "mean_ranks": dict(zip(found.sides, gate["mean_ranks"], strict=True))}


def _estimate(value: Estimate) -> dict[str, Any]:
    return {"value": value.value, "low": value.low, "high": value.high, "n": value.n_cases, "method": value.method}


def pair_result(found: MetricComparison, pair: ComparedPair) -> dict[str, Any]:
    """One pair, flat."""
    zero = pair.found.failures_as_zero
    return {
        "metric": found.metric.word,
        "a": pair.a.label,
        "b": pair.b.label,
        **_numbers(pair.found),
        "standard_error": pair.standard_error,
        "unit": found.metric.unit,
        "tails": {name: _estimate(value) for name, value in pair.tails.items()},
        "prompts": pair.prompts,
        "failures_as_zero": None if zero is None else _numbers(zero),
    }


def _numbers(found: PairComparison) -> dict[str, Any]:
    plain = {name: getattr(found, name) for name in found.__dataclass_fields__ if name not in _OWN}
    return {
        **{name: plain.pop(name) for name in PAIR_COLUMNS},
        "kind": str(found.kind),
        **plain,
        "also": dict(found.also),
        "intervals": {name: list(limits) for name, limits in found.intervals.items()},
        "notes": list(found.notes),
    }


def pairs_of(result: Mapping[str, Any], word: str | None) -> Sequence[Mapping[str, Any]]:
    """The pairs of one metric."""
    return [pair for pair in result["comparisons"] if pair["metric"] == word]
