"""The report of a run: who is best on its benchmark, and how that was found out."""

from collections.abc import Sequence

from evaluation.answer_matrix.figures import metrics_of, read_figures
from evaluation.comparisons.run_verdict import MOST_CANDIDATES, headline_comparison, headline_verdict, race_outcome
from evaluation.errors import as_sentence
from evaluation.formatting import counted, listed
from evaluation.records.runs import RunRecord
from evaluation.reports.comparisons.charts import differences
from evaluation.reports.comparisons.tables import AGREEING, reading_lines
from evaluation.reports.documents.identity import candidates_section, measured_section
from evaluation.reports.documents.opening import names_of, with_opening
from evaluation.reports.documents.pair_columns import short_pair_rows
from evaluation.reports.documents.pair_limits import missing_evidence, tests_in_words
from evaluation.reports.documents.report import Part, Section, shown, text_table
from evaluation.reports.runs.alarm_lines import alarm_lines, baselines_line
from evaluation.reports.runs.cascade_report import cascade_line, curve_chart, curve_rows, curve_sentences
from evaluation.reports.runs.charts import latencies, quality_against_cost
from evaluation.reports.runs.gpu import gpu_lines
from evaluation.reports.runs.page import FIGURE_COLUMNS, WIDEST, failure_rows
from evaluation.reports.runs.reliability import TITLE as RELIABILITY
from evaluation.reports.runs.reliability import reliabilities, reliability_chart, reliability_lines, reliability_rows
from evaluation.reports.runs.stages import READING, TITLE, stage_tables
from evaluation.reports.runs.tables import (
    caption,
    headline_title,
    latency_rows,
    partly_on_the_cpu,
    remarks,
    result_rows,
    usage_rows,
)
from evaluation.results.cascade_curves import CascadeResult
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.estimates import shown_estimate
from evaluation.results.runs import RunResult
from evaluation.run_results.cascade_result import cascade_result, has_cascades
from evaluation.run_results.failure_examples import failure_examples
from evaluation.run_results.ranking import ranked
from evaluation.store.confidences import confidences_of
from evaluation.store.experiments import experiments_of_run, find_experiment
from evaluation.store.runs import find_run
from evaluation.store.session import Store

COUNTED = (
    "Failures of servers are counted and never scored as wrong answers; a candidate's own (an empty answer, a budget "
    "that was thought away) are scored as empty answers."
)
METHODS = {
    "t": "Student's method",
    "t_skewed": "Student's for skewed values",
    "wilson": "Wilson's for shares",
    "cluster_t": "Student's over clusters",
    "bootstrap": "resampling",
    "bootstrap_bca": "resampling, bias-corrected",
}
"""How intervals are made, in words."""
SAMPLE = (
    "Intervals say how far the cases at hand may mislead by chance, if they are like those that will be asked. They "
    "say nothing of other kinds of cases, other prompts or other options."
)


def question_of_run(store: Store, run: RunResult) -> str:
    """Return the question of the run's experiment, else the one that every run answers."""
    questions = [find_experiment(store, name).question for name in experiments_of_run(store, run.run_id)]
    if question := next(filter(None, questions), ""):
        return question
    if len(run.candidates) == 1:
        return f"How well does {run.candidates[0].label} do on {run.benchmark}?"
    if len(run.candidates) == 2:
        return f"Is {ranked(run)[0].label} or {ranked(run)[1].label} better on {run.benchmark}?"
    return f"Which is the best on {run.benchmark}: {names_of([each.label for each in ranked(run)])}?"


def answer_of_run(store: Store, run: RunResult, compared: ComparisonResult | None) -> list[str]:
    """Return the verdict of a run, its first sentence first; of one candidate its value.

    Args:
        store: The results.
        run: The run.
        compared: The comparison behind its verdict.
    """
    notes = () if compared is None else compared.notes
    verdict = with_opening(compared, [line for line in headline_verdict(store, run) if line not in notes])
    if not verdict:
        values = [
            f"{each.label}: {run.headline} {shown_estimate(mean)} on {counted(mean.n_cases, 'case')}."
            for each in ranked(run)
            if (mean := each.metrics[run.headline].mean if run.headline in each.metrics else None) is not None
        ]
        lead = [] if len(run.candidates) == 1 else ["No two candidates have scores on the same cases: nothing is told."]
        verdict = [*lead, *values] or [f"No candidate has a value of {run.headline}."]
    return [*_unfinished(run), *verdict]


def _unfinished(run: RunResult) -> list[str]:
    if run.status == "completed":
        return []
    return [f"The run is {run.status}{f' ({run.reason})' if run.reason else ''}; what follows may change."]


def compared_pairs(store: Store, run: RunResult) -> ComparisonResult | None:
    """Return the comparison behind the run's verdict; None where it has none, as that of a race."""
    if not 2 <= len(run.candidates) <= MOST_CANDIDATES or race_outcome(store, run.invocation_id) is not None:
        return None
    return headline_comparison(store, run.run_id)


def run_sections(store: Store, run: RunResult, compared: ComparisonResult | None, *, of: str = "") -> list[Section]:
    """Return all sections about a run.

    Args:
        store: The results.
        run: The run.
        compared: The comparison behind its verdict.
        of: What stands behind each heading, where a report is about several runs.
    """
    return [
        results_section(store, run, of=of),
        _pairs_section(compared, of=of),
        failures_section(store, run, of=of),
        *pipeline_sections(store, run, of=of),
        Section(part=Part.LIMITS, title=of.removeprefix(" · "), lines=tuple(limits_of_run(run, compared))),
        Section(part=Part.METHOD, title=of.removeprefix(" · "), lines=tuple(method_of_run(run, compared))),
        *appendix_of_run(run, of=of),
    ]


def results_section(store: Store, run: RunResult, *, of: str = "") -> Section:
    """Return the values of all candidates, with the charts of a run."""
    rows = _marked(result_rows(run), headline_title(run))
    columns = list(rows[0]) if rows else []
    quality = [column for column in columns if column not in FIGURE_COLUMNS]
    figures = [column for column in columns if column in FIGURE_COLUMNS]
    parts = [columns] if len(columns) <= WIDEST else [quality, ["candidate", *figures]]
    return Section(
        part=Part.EVIDENCE,
        title=f"Results{of}",
        tables=tuple(table for part in parts if len(part) > 1 for table in text_table(rows, part)),
        after=(caption(run),) if rows else (),
        charts=shown(quality_against_cost(run), latencies(store, run)),
    )


def _marked(rows: Sequence[dict[str, str]], headline: str) -> list[dict[str, str]]:
    return [{f"{name} *" if name == headline else name: text for name, text in row.items()} for row in rows]


def _pairs_section(compared: ComparisonResult | None, *, of: str) -> Section:
    if compared is None or compared.headline is None:
        return Section(part=Part.EVIDENCE, title="")
    return Section(
        part=Part.EVIDENCE,
        title=f"Pair by pair: {compared.headline}{of}",
        tables=text_table(short_pair_rows(compared, compared.headline, leaders_first=True)),
        after=(
            "The first minus the second, on the same cases.",
            *((AGREEING,) if len(compared.headline_pairs) > 1 else ()),
            *reading_lines(compared),
        ),
        charts=shown(differences(compared)),
    )


def pipeline_sections(store: Store, run: RunResult, *, of: str = "") -> list[Section]:
    """Return how sure the candidates said they were, and the curve of each cascade over its threshold."""
    record = find_run(store, run.run_id)
    cascades = cascade_result(store, run.run_id) if has_cascades(store, record) else None
    return [*_confidence_sections(store, record, of=of), *_cascade_sections(cascades, of=of)]


def _confidence_sections(store: Store, run: RunRecord, *, of: str) -> list[Section]:
    """Return how sure the candidates say they are, beside how often they are right on the run's own metric."""
    confidences = confidences_of(store, [each.run_candidate_id for each in run.candidates])
    if not confidences:
        return []
    metric, signature = next(iter(metrics_of(run).items()))
    by_label = reliabilities(read_figures(store, run, metric, signature), confidences)
    return [
        Section(
            part=Part.EVIDENCE,
            title=f"{RELIABILITY}{of}",
            tables=text_table(reliability_rows(metric, by_label)),
            after=tuple(reliability_lines(by_label)),
            charts=shown(reliability_chart(metric, by_label)),
        )
    ]


def _cascade_sections(result: CascadeResult | None, *, of: str) -> list[Section]:
    """Return the curve of each cascade of a run over its threshold."""
    if result is None:
        return []
    return [
        Section(
            part=Part.EVIDENCE,
            title=f"Cascade over its threshold: {curve.label}{of}",
            tables=text_table(curve_rows(curve)),
            after=(cascade_line(curve), *curve_sentences(curve)),
            charts=shown(curve_chart(curve, benchmark=result.benchmark)),
        )
        for curve in result.curves
    ]


def failures_section(store: Store, run: RunResult, *, of: str = "") -> Section:
    """Return what failed, apart from what was answered wrongly."""
    n_failed = sum(each.n_failed for each in run.candidates)
    n_own = sum(each.n_own_failed for each in run.candidates)
    n_answered = sum(each.n_answered for each in run.candidates)
    return Section(
        part=Part.EVIDENCE,
        title=f"What failed{of}",
        lines=(
            f"{counted(n_answered, 'answer')}, {counted(n_failed, 'failure')} of servers, {counted(n_own, 'failure')} "
            f"of candidates. {COUNTED}",
        ),
        tables=text_table(failure_rows(failure_examples(store, run.run_id))) if n_failed or n_own else (),
    )


def limits_of_run(run: RunResult, compared: ComparisonResult | None) -> list[str]:
    """Return what the numbers of a run do not say, the gravest first."""
    given_up = [f"{each.label} was given up: {each.given_up_reason}" for each in run.candidates if each.given_up_reason]
    cpu = partly_on_the_cpu([run])
    baselines = baselines_line([run])
    notes = [] if compared is None else [note for note in compared.notes if not note.startswith(f"run {run.run_id} is")]
    sample = [f"Only the first {run.limit:,} cases were taken."] if run.limit else []
    return [
        *_unfinished(run),
        *given_up,
        *(f"Alarm: {line}" for line in alarm_lines(run)),
        *([] if baselines is None else [baselines]),
        *missing_evidence(compared),
        *([] if cpu is None else [f"Speed: {cpu}"]),
        *sample,
        *remarks(run),
        *map(as_sentence, notes),
        SAMPLE,
    ]


def method_of_run(run: RunResult, compared: ComparisonResult | None) -> list[str]:
    """Return how a run was made and evaluated."""
    repeats = f", each asked {run.n_repeats} times" if run.n_repeats > 1 else ""
    methods = sorted({r.mean.method for each in run.candidates for r in each.metrics.values() if r.mean is not None})
    times = [f"{when:%Y-%m-%d %H:%M}" for when in (run.started_at, run.finished_at) if when is not None]
    return [
        f"{counted(len(run.candidates), 'candidate')} answered {counted(run.n_cases, 'case')} of {run.benchmark} "
        f"(version {run.benchmark_version[:12]}){repeats}; seed {run.seed}.",
        f"Intervals of values: 95 %, by {listed([METHODS.get(each, each) for each in methods]) or 'no method'}.",
        *tests_in_words(compared),
        *run.judging,
        *gpu_lines(run),
        f"Run {run.run_id}, {' to '.join(times) or 'not begun'} UTC, with version {run.code_version} of Benchwright.",
    ]


def appendix_of_run(run: RunResult, *, of: str = "") -> list[Section]:
    """Return what repeats the run and what is behind its tables."""
    stages = [
        Section(
            part=Part.APPENDIX,
            title=f"{TITLE}: {table.label}{of}",
            tables=(*text_table(table.tokens), *text_table(table.seconds)),
            after=(READING, *table.remarks),
        )
        for table in stage_tables(run)
    ]
    latency, usage = latency_rows(run), usage_rows(run)
    return [
        candidates_section(run, of=of),
        measured_section(run, of=of),
        Section(part=Part.APPENDIX, title=f"Latency in seconds{of}", tables=text_table(latency)),
        Section(part=Part.APPENDIX, title=f"Tokens and cost of an answer{of}", tables=text_table(usage)),
        *stages,
    ]
