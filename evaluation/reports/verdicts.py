"""One honest sentence: how do two candidates of a run compare, as far as these cases can tell?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.aggregation import CaseScores, case_scores
from evaluation.fingerprint import fingerprint
from evaluation.reports.labels import unique_labels
from evaluation.reports.metric_facts import higher_is_better, is_over_all_cases
from evaluation.stats.paired import (
    A_BETTER,
    B_BETTER,
    INSUFFICIENT_DATA,
    MIN_PAIRS,
    PairedResult,
    paired_difference,
)
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Two candidates on the cases that both answered."""

    a: str
    b: str
    metric: str
    result: PairedResult


def compare_candidates(store: Store, run_id: str, a: int, b: int) -> Pairing | None:
    """The headline metric of two candidates of a run, paired by case; None where no case was answered by both."""
    run = find_run(store, run_id)
    labels = unique_labels(run)
    signature = next(metric.signature for metric in run.plan.metrics if metric.name == run.plan.headline)
    values_a, values_b = (_by_case(case_scores(store, found, signature)) for found in (a, b))
    both = [case_id for case_id in run.plan.case_ids if case_id in values_a and case_id in values_b]
    if not both:
        return None
    seed = int(fingerprint([run.plan.seed, labels[a], labels[b], signature])[:16], 16)
    result = paired_difference(
        [values_a[case_id] for case_id in both],
        [values_b[case_id] for case_id in both],
        rng=np.random.default_rng(seed),
        higher_is_better=higher_is_better(run.plan.headline),
    )
    return Pairing(a=labels[a], b=labels[b], metric=run.plan.headline, result=result)


def _by_case(scores: CaseScores) -> dict[str, float]:
    return dict(zip(scores.case_ids, scores.means, strict=True))


def sentence(pairing: Pairing) -> str:
    """What the pairs say, and what they do not."""
    found = pairing.result
    case_by_case = ", case by case," if is_over_all_cases(pairing.metric) else ""
    numbers = f"{pairing.metric}{case_by_case} differs by {found.difference:+.3f}"
    if found.low is not None and found.high is not None:
        numbers += f" [{found.low:+.3f}, {found.high:+.3f}]"
    numbers += f", p {shown_p(found.p_value)}, {found.n_pairs:,} cases"
    if found.verdict == INSUFFICIENT_DATA:
        cases = "1 case is" if found.n_pairs == 1 else f"{found.n_pairs} cases are"
        return f"{pairing.a} against {pairing.b}: {cases} too few to tell (at least {MIN_PAIRS})."
    if found.verdict == A_BETTER:
        return f"Yes: {pairing.a} beats {pairing.b} ({numbers})."
    if found.verdict == B_BETTER:
        return f"No: {pairing.b} beats {pairing.a} ({numbers})."
    return f"Not shown: these cases cannot tell {pairing.a} from {pairing.b} ({numbers})."


def shown_p(p_value: float) -> str:
    """`= .034`, `< .001`."""
    return "< .001" if p_value < 0.001 else f"= {p_value:.3f}".replace("= 0", "= ")


def model_against_best_baseline(store: Store, run: Mapping[str, Any]) -> str | None:
    """Does the run's best model beat its best baseline? None where it has no baseline or no model."""
    from evaluation.reports.tables import ranked

    order = [
        str(candidate["candidate"])
        for candidate in ranked(run)
        if "value" in candidate["metrics"].get(run["headline"], {})
    ]
    models = [label for label in order if not _is_baseline(label)]
    baselines = [label for label in order if _is_baseline(label)]
    if not models or not baselines:
        return None
    ids = {label: row_id for row_id, label in unique_labels(find_run(store, run["run_id"])).items()}
    pairing = compare_candidates(store, run["run_id"], ids[models[0]], ids[baselines[0]])
    return sentence(pairing) if pairing else None


def _is_baseline(label: str) -> bool:
    return label.startswith("baseline-")


def alarms(run: Mapping[str, Any]) -> list[str]:
    """Signs that a metric is broken rather than the candidates bad: nobody got anything."""
    return [
        f"{name} is 0 for every candidate: look at an answer with `benchwright show {run['run_id']} --case ID`, "
        "since the extraction may be at fault, not the models"
        for name in run["metrics"]
        if run["candidates"]
        and higher_is_better(name)
        and all(candidate["metrics"].get(name, {}).get("value") == 0 for candidate in run["candidates"])
    ]
