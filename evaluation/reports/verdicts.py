"""One honest sentence: how do two candidates of a run compare, as far as these cases can tell?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.aggregation import CaseValues, case_values
from evaluation.fingerprint import fingerprint
from evaluation.metrics.judges.rubric import JudgeRubric
from evaluation.metrics.measuring import BrokenMetricError, combining
from evaluation.metrics.parsing import metric_of
from evaluation.reports.labels import unique_labels
from evaluation.reports.metric_facts import higher_is_better, is_over_all_cases
from evaluation.reports.tables import counted, ranked
from evaluation.stats.pair_comparison import Kind, PairComparison, compare_pair
from evaluation.stats.verdicts import A_BETTER, B_BETTER, INCONCLUSIVE, INSUFFICIENT_DATA, MIN_PAIRS
from evaluation.store.benchmarks import case_clusters
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two candidates on the cases that both answered."""

    a: str
    b: str
    metric: str
    signature: str = ""
    result: PairComparison
    n_compared: int = 1
    """Comparisons from which this one was picked by its outcome; its p is multiplied by them (Bonferroni)."""

    @property
    def p_adjusted(self) -> float:
        """The p-value that allows for the choice of this pair, in [0, 1]; 1 where there was no test."""
        return 1.0 if self.result.p_value is None else min(1.0, self.result.p_value * self.n_compared)

    @property
    def verdict(self) -> str:
        """The verdict of the pairs, at the adjusted p."""
        is_winner = self.result.verdict in (A_BETTER, B_BETTER)
        return INCONCLUSIVE if is_winner and self.p_adjusted >= SIGNIFICANT else self.result.verdict


SIGNIFICANT = 0.05


def compare_candidates(store: Store, run_id: str, a: int, b: int, *, n_compared: int = 1) -> Pairing | None:
    """The headline metric of two candidates of a run, paired by case; None where no case was answered by both."""
    run = find_run(store, run_id)
    labels = unique_labels(run)
    signature = next(metric.signature for metric in run.plan.metrics if metric.name == run.plan.headline)
    metric = metric_of(run.plan.headline, signature)
    combine = combining(metric) if metric is not None else None
    try:
        values_a, values_b = (_by_case(case_values(store, found, signature, combine)) for found in (a, b))
    except BrokenMetricError:
        return None
    if not values_a.keys() & values_b.keys():
        return None
    seed = int(fingerprint([run.plan.seed, labels[a], labels[b], signature])[:16], 16)
    result = compare_pair(
        values_a,
        values_b,
        rng=np.random.default_rng(seed),
        kind=Kind.ORDINAL if run.plan.headline == JudgeRubric.name else None,
        clusters=case_clusters(store, run.plan.benchmark_version) or None,
        higher_is_better=higher_is_better(run.plan.headline, signature),
        beside=False,
    )
    return Pairing(
        a=labels[a],
        b=labels[b],
        metric=run.plan.headline,
        signature=signature,
        result=result,
        n_compared=n_compared,
    )


def _by_case(scores: CaseValues) -> dict[str, float]:
    return dict(zip(scores.case_ids, scores.means, strict=True))


def sentence(pairing: Pairing) -> str:
    """What the pairs say, and what they do not."""
    found = pairing.result
    case_by_case = ", case by case," if is_over_all_cases(pairing.metric, pairing.signature) else ""
    differs = "is higher less lower by" if found.kind is Kind.ORDINAL else "differs by"
    numbers = f"{pairing.metric}{case_by_case} {differs} {found.difference or 0.0:+.3f}"
    if found.low is not None and found.high is not None:
        numbers += f" [{found.low:+.3f}, {found.high:+.3f}]"
    adjusted = f" (allowing for {pairing.n_compared} comparisons)" if pairing.n_compared > 1 else ""
    clusters = f" in {counted(found.n_clusters, 'cluster')}" if found.n_clusters is not None else ""
    cases = counted(found.n_pairs, "case") + clusters
    numbers += f", p {shown_p(pairing.p_adjusted)}{adjusted}, {cases}"
    if pairing.verdict == INSUFFICIENT_DATA:
        few = cases + (" is" if found.n_pairs == 1 else " are")
        least = f" (at least {MIN_PAIRS})" if found.n_pairs < MIN_PAIRS else ""
        return f"{pairing.a} against {pairing.b}: {few} too few to tell{least}."
    if pairing.verdict == A_BETTER:
        return f"{pairing.a} beats {pairing.b} ({numbers})."
    if pairing.verdict == B_BETTER:
        return f"{pairing.b} beats {pairing.a} ({numbers})."
    return f"Not shown: these cases cannot tell {pairing.a} from {pairing.b} ({numbers})."


def shown_p(p_value: float) -> str:
    """`= .034`, `< .001`."""
    return "< .001" if p_value < 0.001 else f"= {p_value:.3f}".replace("= 0", "= ")


def headline_verdict(store: Store, run: Mapping[str, Any]) -> str | None:
    """Does the run's best model beat its best baseline; without baselines, is the first better than the second?

    Whoever is first was picked by these very cases, for which the p-value allows. None for a single candidate.
    """
    order = [
        str(candidate["candidate"])
        for candidate in ranked(run)
        if "value" in candidate["metrics"].get(run["headline"], {})
    ]
    models = [label for label in order if not _is_baseline(label)]
    baselines = [label for label in order if _is_baseline(label)]
    if models and baselines:
        a, b, n_compared = models[0], baselines[0], len(models)
    elif len(order) > 1:
        a, b, n_compared = order[0], order[1], len(order) * (len(order) - 1) // 2
    else:
        return None
    ids = {label: row_id for row_id, label in unique_labels(find_run(store, run["run_id"])).items()}
    pairing = compare_candidates(store, run["run_id"], ids[a], ids[b], n_compared=n_compared)
    return sentence(pairing) if pairing else None


def _is_baseline(label: str) -> bool:
    return label.startswith("baseline-")
