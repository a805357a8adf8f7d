"""Experiments, differences, reviews, agreements and monitoring passes as HTML tables for notebooks."""

from evaluation.formatting import counted, percent
from evaluation.reports.comparisons.history import history_rows
from evaluation.reports.monitoring.page import statistics_rows
from evaluation.reports.notebook_parts import (
    SHOWN_ROWS,
    count,
    heading,
    html_of,
    moment,
    number,
    page,
    paragraph,
    table,
)
from evaluation.reports.reviews.result_page import result_tables
from evaluation.results.estimates import shown_estimate
from evaluation.results.experiments import ExperimentResult, RunDiff
from evaluation.results.listings import PairHistoryList
from evaluation.results.monitoring import MonitorResult, OpenAlertResult
from evaluation.results.reviews import OpenReviewResult, ReviewResult
from evaluation.reviews.result_words import rater_words
from evaluation.servers.agreement import Agreement, Share


@html_of.register
def _experiment(result: ExperimentResult) -> str:
    facts = result.facts
    rows = [
        {
            "run": run.run_id,
            "status": str(run.status),
            "benchmark": run.benchmark,
            "cases": count(run.n_cases),
            "headline": run.headline,
            "highest": f"{shown_estimate(run.highest)} {run.highest.label}" if run.highest else "",
            "candidates": ", ".join(run.candidates),
        }
        for run in result.runs
    ]
    compared = [f"{each.comparison_id} ({each.benchmark}): {each.sentence or '–'}" for each in result.comparisons]
    notes = [f"note {note.annotation_id} · {note.author}: {note.text}" for note in result.annotations]
    about = [text for text in (facts.question, facts.description, ", ".join(facts.tags)) if text]
    warning = ["The highest value is not a verdict; compare() tests which is best."] if rows else ["No runs yet."]
    title = f"{facts.name} · created {moment(facts.created_at)}"
    return page(heading(title), paragraph(about), table(rows), *map(paragraph, (warning, compared, notes)))


@html_of.register
def _review(result: ReviewResult) -> str:
    about = f"review {result.review_id} · {result.benchmark} · rated by {rater_words(result.raters)}"
    return page(
        heading(result.sentence),
        paragraph([about, *(f"note: {note}" for note in result.notes)]),
        *(heading(title) + table(rows) for title, rows in result_tables(result).items()),
    )


@html_of.register
def _open_review(result: OpenReviewResult) -> str:
    return page(heading(result.sentence), paragraph([f"review {result.review_id} · {result.benchmark}"]))


@html_of.register
def _monitor(result: MonitorResult) -> str:
    lines = [*(f"resolved {each.alert.alert_id}: {each.alert.sentence}" for each in result.resolved)]
    lines += [f"note: {insight.text}" for insight in result.insights]
    return page(
        heading(result.sentence),
        table([_alert_cells(alert) for alert in result.alerts]),
        paragraph(lines),
        table(statistics_rows(result)),
    )


def _alert_cells(result: OpenAlertResult) -> dict[str, str]:
    alert = result.alert
    marks = [word for word, holds in (("new", result.is_new), ("silenced", result.is_silenced)) if holds]
    return {
        "alert": alert.alert_id,
        "state": ", ".join([result.state, *marks]),
        "severity": alert.severity,
        "rule": alert.rule,
        "what": alert.sentence,
    }


@html_of.register
def _diff(result: RunDiff) -> str:
    first, second = result.run_ids
    rows = [
        {
            "candidate": candidate.label,
            "metric": score.metric,
            first: number(score.first.value),
            second: number(score.second.value),
            "difference": number(score.difference),
        }
        for candidate in result.candidates
        for score in candidate.scores
    ]
    changed = [(f"{name} of the runs", values) for name, values in result.parameters.items()]
    changed += [
        (f"{name} of {each.title}", values) for each in result.candidates for name, values in each.parameters.items()
    ]
    alone = [(result.only_in_first, first), (result.only_in_second, second)]
    return page(
        heading(f"run {first} and run {second}"),
        paragraph([f"{name}: {before} and {after}" for name, (before, after) in changed]),
        paragraph([f"only in {run}: {', '.join(labels)}" for labels, run in alone if labels]),
        table(rows),
        paragraph(["Differences are not tested for chance; compare() does that."] if rows else []),
    )


@html_of.register
def _agreement(result: Agreement) -> str:
    rows = [{"endpoint": each.endpoint, "with": "itself", **_share_cells(each.equal)} for each in result.within]
    rows += [
        {
            "endpoint": pair.a,
            "with": pair.b,
            **_share_cells(pair.equal),
            "difference": number(pair.scores.difference if pair.scores else None),
            "p": number(pair.scores.p_value if pair.scores else None),
        }
        for pair in result.between
    ]
    differing = [
        {
            "case": each.case_id,
            "endpoints": f"{each.a}, {each.b}",
            "from character": count(each.position),
            "one writes": each.text_a,
            "the other": each.text_b,
        }
        for each in result.differences[:SHOWN_ROWS]
    ]
    told = [pair.sentence for pair in result.between]
    told += [each.sentence for each in result.within if each.sentence is not None]
    left_out = [f"left out: {counted(result.n_failed, 'case')} on which a server failed"] if result.n_failed else []
    return page(table(rows), paragraph([*told, *left_out]), table(differing))


def _share_cells(share: Share) -> dict[str, str]:
    return {
        "equal": count(share.n_equal),
        "of": count(share.n),
        "share": percent(share.value),
        "95 % interval": f"{percent(share.low)} to {percent(share.high)}",
    }


@html_of.register
def _history(result: PairHistoryList) -> str:
    return page(heading(counted(len(result), "stored result")), table(history_rows(result)))
