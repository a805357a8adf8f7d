"""The report on a run's judges, from their stored verdicts."""

from collections.abc import Iterable

import numpy as np

from evaluation.fingerprint import fingerprint
from evaluation.formatting import coefficient, counted, p_value, percent, percent_number
from evaluation.metrics.metric import ModelMetric, Need
from evaluation.metrics.parsing import metric_of
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunRecord
from evaluation.run_results.judges.findings import (
    JudgeFinding,
    JudgeScores,
    JudgingFindings,
    RaterAgreement,
    judging_findings,
)
from evaluation.scores import Measurement
from evaluation.stats.judge_bias import LengthBias, PositionBias
from evaluation.stats.power import ALPHA
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.scores import count_score_failures, iterate_scores
from evaluation.store.session import Store


def judging_lines(findings: JudgingFindings) -> list[str]:
    """Return the report's lines: what each judge looks at, then how far judges agree with each other."""
    lines = [line for judge in findings.judges for line in _judge_lines(judge)]
    return lines + [_agreement_line(agreement) for agreement in findings.agreements]


def _judge_lines(finding: JudgeFinding) -> list[str]:
    lines = [_failure_line(finding)] if finding.failures else []
    lines += [_position_line(finding.judge, finding.position)] if finding.position is not None else []
    lines += [_length_line(finding, finding.length)] if finding.length is not None else []
    return lines


def _failure_line(finding: JudgeFinding) -> str:
    n_failed = sum(finding.failures.values())
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in sorted(finding.failures.items()))
    verdicts = counted(finding.n_judged + n_failed, "verdict")
    return f"judge {finding.judge} ({finding.metric}): {n_failed:,} of {verdicts} failed ({kinds})"


def _position_line(judge: str, bias: PositionBias) -> str:
    if bias.first_share is None or bias.size is None or bias.p_value is None:
        return f"judge {judge}: position bias could not be determined: {bias.reason}"
    conclusion = "shows no preference for a position"
    if bias.p_value < ALPHA:
        conclusion = f"prefers the {'first' if bias.size > 0 else 'second'} position"
    share = f"{percent(bias.first_share)}{_percents(bias.first_low, bias.first_high)}"
    size = f"size {_signed(bias.size, bias.size_low, bias.size_high)}, {p_value(bias.p_value)}"
    inconsistent = f"{bias.n_inconsistent:,} of {counted(bias.n_pairs, 'pair')} inconsistent"
    return (
        f"judge {judge} {conclusion}: {share} of decided verdicts name the first (n = {bias.n_decided:,}), {size}, "
        f"{inconsistent}; its verdicts are averaged over both orders"
    )


def _length_line(finding: JudgeFinding, bias: LengthBias) -> str:
    who = f"judge {finding.judge} ({finding.metric})"
    if bias.correlation is None or bias.p_value is None:
        return f"{who}: length bias could not be determined: {bias.reason}"
    conclusion = "shows no preference for longer or shorter answers"
    if bias.p_value < ALPHA:
        conclusion = f"prefers {'longer' if bias.correlation > 0 else 'shorter'} answers, which may also be better ones"
    numbers = f"correlation {_signed(bias.correlation, bias.low, bias.high)}, {p_value(bias.p_value)}"
    if bias.longer_share is not None:
        share = f"{percent(bias.longer_share)}{_percents(bias.longer_low, bias.longer_high)}"
        numbers += f", the longer one wins {share} of {counted(bias.n_decided, 'decided pair')}"
    return f"{who} {conclusion}: {numbers}"


def _agreement_line(rater_agreement: RaterAgreement) -> str:
    agreement = rater_agreement.agreement
    *others, last = rater_agreement.raters
    who = f"judges {', '.join(others)} and {last} ({rater_agreement.metric})"
    if agreement.value is None:
        return f"agreement of {who} cannot be told: {agreement.reason}"
    limits = " [no interval]"
    if agreement.low is not None and agreement.high is not None:
        limits = f" [{coefficient(agreement.low)}, {coefficient(agreement.high)}]"
    return f"agreement of {who}: alpha {coefficient(agreement.value)}{limits}, {counted(agreement.n_pairable, 'case')}"


def _signed(value: float, low: float | None, high: float | None) -> str:
    limits = (
        "" if low is None or high is None else f" [{coefficient(low, signed=True)}, {coefficient(high, signed=True)}]"
    )
    return f"{coefficient(value, signed=True)}{limits}"


def _percents(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" [{percent_number(low)}, {percent_number(high)}]"


def judging_report(store: Store, run: RunRecord, used: Iterable[MetricUse]) -> tuple[str, ...]:
    """Return a report on whether the judges of these metrics agree, and what they look at besides the answers.

    Empty without judges.
    """
    uses = [use for use in used if _judge_of(use) is not None]
    if not uses:
        return ()
    basis = [run.plan.seed, [[use.name, use.signature, _judge_of(use)] for use in uses]]
    return tuple(kept_or_read(store, run.plan.run_id, "judging", basis, lambda: _lines(store, run, uses)))


def _lines(store: Store, run: RunRecord, uses: Iterable[MetricUse]) -> list[str]:
    judges = [scores for use in uses if (scores := _scores_of(store, run, use)) is not None]
    return judging_lines(_findings(run, judges)) if judges else []


def _judge_of(use: MetricUse) -> str | None:
    """Return the judge that a metric asks; None for a metric that asks none."""
    metric = metric_of(use.name, use.signature)
    return metric.model if isinstance(metric, ModelMetric) and Need.JUDGE in metric.asks_for else None


def _findings(run: RunRecord, judges: list[JudgeScores]) -> JudgingFindings:
    seed = int(fingerprint([run.plan.seed, "judges"])[:16], 16)
    return judging_findings(judges, rng=np.random.default_rng(seed))


def _scores_of(store: Store, run: RunRecord, use: MetricUse) -> JudgeScores | None:
    judge = _judge_of(use)
    if judge is None:
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
    return JudgeScores(judge=judge, metric=use.name, measurements=measurements, failures=failures, cases=cases)
