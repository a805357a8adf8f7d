"""What the stored verdicts of a run tell of its judges."""

from collections.abc import Iterable

import numpy as np

from evaluation.fingerprint import fingerprint
from evaluation.metrics.metric import ModelMetric, Need
from evaluation.metrics.parsing import metric_of
from evaluation.records import MetricUse, RunRecord
from evaluation.run_results.judges.findings import JudgeScores, JudgingFindings, judging_findings
from evaluation.run_results.judges.lines import judging_lines
from evaluation.scores import Measurement
from evaluation.store.scores import count_score_failures, iterate_scores
from evaluation.store.session import Store


def judging_report(store: Store, run: RunRecord, used: Iterable[MetricUse]) -> tuple[str, ...]:
    """Return whether the judges of these metrics agree, and what they look at beside the answers.

    Empty without judges.
    """
    judges = [scores for use in used if (scores := _scores_of(store, run, use)) is not None]
    return tuple(judging_lines(_findings(run, judges))) if judges else ()


def _findings(run: RunRecord, judges: list[JudgeScores]) -> JudgingFindings:
    seed = int(fingerprint([run.plan.seed, "judges"])[:16], 16)
    return judging_findings(judges, rng=np.random.default_rng(seed))


def _scores_of(store: Store, run: RunRecord, use: MetricUse) -> JudgeScores | None:
    metric = metric_of(use.name, use.signature)
    if not isinstance(metric, ModelMetric) or Need.JUDGE not in metric.asks_for:
        return None
    measurements: dict[str, Measurement] = {}
    failures: dict[str, int] = {}
    cases: dict[str, str] = {}
    for candidate in run.candidates:
        row_id = candidate.run_candidate_id
        for score in iterate_scores(store, row_id, use.signature):
            key = f"{row_id} {score.case_id} {score.repeat}"
            measurements[key], cases[key] = score.measurement, score.case_id
        kinds: dict[str, int] = dict(count_score_failures(store, row_id)).get(use, {})
        for kind, n in kinds.items():
            failures[kind] = failures.get(kind, 0) + n
    if not measurements and not failures:
        return None
    return JudgeScores(judge=metric.model, metric=use.name, measurements=measurements, failures=failures, cases=cases)
