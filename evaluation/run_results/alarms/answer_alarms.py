"""Alarms about a candidate's answers: unreadable, empty, truncated or unscored."""

from collections.abc import Iterator, Mapping

from evaluation.errors import FailureKind
from evaluation.formatting import counted, percent
from evaluation.metrics.metric_process import BROKEN
from evaluation.pipelines.cascade import NO_SIGNAL
from evaluation.pipelines.retrieval import LEFT_OUT, NOTHING_FOUND
from evaluation.records.candidates import MetricUse
from evaluation.results.runs import Alarm
from evaluation.run_results.alarms.alarm import Findings, Spreads
from evaluation.run_results.run_figures import limits_of
from evaluation.truncation import CutBy, Limits

TOO_MANY = 0.05
"""Share of a candidate's answers above which an alarm is raised."""
NEARLY_ALL = 0.9
"""Share of a candidate's cases that search for the same text from which an alarm is raised."""
FEWEST_SEARCHES = 3
"""Cases that must have searched for that alarm."""

_OWN_STEPS: Mapping[FailureKind, str] = {
    FailureKind.EMPTY_ANSWER: "look at the prompt, and at `stop` among the options",
    FailureKind.REPEATED_ITSELF: "raise repeat_penalty or the temperature",
}


def of_candidate(findings: Findings, row_id: int, spreads: Spreads) -> Iterator[Alarm]:
    """Yield the alarms about one candidate's answers and their scores."""
    yield from _not_extracted(findings, row_id, spreads)
    yield from _empty(findings, row_id)
    counts = findings.figures[row_id].counts
    yield from _cut(findings, row_id, findings.figures[row_id].cut, counts.n_ok + counts.n_own_failed)
    yield from _without_passages(findings, row_id)
    yield from _same_search(findings, row_id)
    yield from _without_signal(findings, row_id)
    yield from _not_scored(findings, row_id, spreads)
    yield from _without_number(findings, row_id, spreads)


def _not_extracted(findings: Findings, row_id: int, spreads: Spreads) -> Iterator[Alarm]:
    """Yield an alarm where too many answers gave nothing to compare.

    One alarm for all metrics that extract the same from an answer: they fail on the same answers.
    """
    by_count: dict[tuple[int, int], list[MetricUse]] = {}
    for use in findings.words:
        spread = spreads.get(use.signature)
        if spread is not None and _is_too_many(spread.n_labelled, spread.n):
            by_count.setdefault((spread.n_labelled, spread.n), []).append(use)
    for (n, n_all), uses in by_count.items():
        what = f"could not be read by {', '.join(map(findings.title, uses))} and count as wrong"
        step = f"look at one ({findings.look}), then ask for the form of the answer in the prompt"
        yield _share_alarm(findings, row_id, "extraction_failed", findings.words[uses[0]], n, n_all, what, step)


def _empty(findings: Findings, row_id: int) -> Iterator[Alarm]:
    counts = findings.figures[row_id].counts
    n_all = counts.n_ok + counts.n_own_failed
    if not _is_too_many(counts.n_own_failed, n_all):
        return
    kinds = sorted(counts.own_failures.items(), key=lambda item: (-item[1], item[0]))
    what = f"are empty or of no use ({', '.join(f'{n:,} {kind}' for kind, n in kinds if n)}), and count as empty"
    step = _own_step(findings, row_id, kinds[0][0])
    yield _share_alarm(findings, row_id, "empty_answers", None, counts.n_own_failed, n_all, what, step)


def _own_step(findings: Findings, row_id: int, kind: FailureKind) -> str:
    """Return the next step against the most frequent of a candidate's own failures."""
    limits = _limits(findings, row_id)
    if kind is FailureKind.THINKING_USED_UP_THE_BUDGET:
        by = findings.figures[row_id].cut_thinking
        is_full = max(by, key=lambda cut: by[cut], default=CutBy.UNKNOWN) is limits.full_context
        more = {CutBy.NUM_CTX: "raise num_ctx", CutBy.TRAINED_CONTEXT: "shorten the prompt"}[limits.full_context]
        return f"{more if is_full else 'raise num_predict'}, or turn thinking off with think=false"
    if kind is FailureKind.PROMPT_TOO_LONG:
        return limits.step(limits.full_context)
    return _OWN_STEPS.get(kind, f"look at one ({findings.look})")


def _cut(findings: Findings, row_id: int, by: Mapping[CutBy, int], n_all: int) -> Iterator[Alarm]:
    n = sum(by.values())
    if not _is_too_many(n, n_all):
        return
    limits = _limits(findings, row_id)
    commonest = sorted(by, key=lambda cut: -by[cut])
    places = [limits.where(cut) if len(by) == 1 else f"{by[cut]:,} {limits.where(cut)}" for cut in commonest]
    what = f"were cut {', '.join(places)}" if len(by) == 1 else f"were cut: {', '.join(places)}"
    steps = "; ".join(limits.step(cut) for cut in commonest)
    yield _share_alarm(findings, row_id, "cut_answers", None, n, n_all, what, steps)


def _limits(findings: Findings, row_id: int) -> Limits:
    return limits_of(next(each for each in findings.run.candidates if each.run_candidate_id == row_id))


def _without_passages(findings: Findings, row_id: int) -> Iterator[Alarm]:
    """Yield an alarm where too many cases had no passage, or fewer than were found since the context has no room."""
    counts = findings.figures[row_id].counts
    n_all = counts.n_ok + counts.n_own_failed
    n = findings.figures[row_id].n_noted[NOTHING_FOUND]
    if _is_too_many(n, n_all):
        what = "were given no passage, since the search found none"
        step = f"look at one ({findings.look}): lower min_similarity, or choose another method or corpus"
        yield _share_alarm(findings, row_id, "nothing_found", None, n, n_all, what, step)
    n = findings.figures[row_id].n_noted[LEFT_OUT]
    if _is_too_many(n, n_all):
        what = "were given fewer passages than were found, since the others did not fit num_ctx"
        step = "give a larger num_ctx, or a smaller chunk_size or top_k"
        yield _share_alarm(findings, row_id, "passages_left_out", None, n, n_all, what, step)


def _same_search(findings: Findings, row_id: int) -> Iterator[Alarm]:
    """Yield an alarm where nearly all cases searched for the same text: the search does not read the question."""
    n, n_all = findings.figures[row_id].n_same_search
    if n_all < FEWEST_SEARCHES or n / n_all < NEARLY_ALL:
        return
    what = "searched for the same text, and had the same passages to answer from"
    step = f"look at one ({findings.look}), then put what tells cases apart into their prompts or the pipeline's query"
    yield _share_alarm(findings, row_id, "same_search", None, n, n_all, what, step, unit="case")


def _without_signal(findings: Findings, row_id: int) -> Iterator[Alarm]:
    """Yield an alarm where a cascade asked the larger model since the server tells no log-probabilities."""
    counts = findings.figures[row_id].counts
    n, n_all = findings.figures[row_id].n_noted[NO_SIGNAL], counts.n_ok + counts.n_own_failed
    if _is_too_many(n, n_all):
        what = "were asked of the larger model, since the server tells no log-probabilities, whatever the threshold"
        step = "choose another signal (agreement, refusal or format), or a server that tells them"
        yield _share_alarm(findings, row_id, "no_signal", None, n, n_all, what, step)


def _not_scored(findings: Findings, row_id: int, spreads: Spreads) -> Iterator[Alarm]:
    """Yield an alarm where scores failed: too many of them, or any where the metric's own code is broken."""
    for use, kinds in findings.figures[row_id].score_failures:
        n = sum(kinds.values())
        spread = spreads.get(use.signature)
        n_all = n + (spread.n if spread is not None else 0)
        is_broken = any(kinds.get(kind) for kind in BROKEN)
        if not is_broken and not _is_too_many(n, n_all):
            continue
        reasons = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()) if count)
        what = f"have no {findings.title(use)} ({reasons})"
        step = f"see why: {findings.look}" if is_broken else f"see why ({findings.look}), then score again"
        yield _share_alarm(
            findings, row_id, "score_failures", findings.words.get(use, use.signature), n, n_all, what, step
        )


def _without_number(findings: Findings, row_id: int, spreads: Spreads) -> Iterator[Alarm]:
    """Yield an alarm for each metric that has scores but failed to aggregate them to a number."""
    if not findings.estimates.get(row_id):
        return
    for use in findings.words:
        spread = spreads.get(use.signature)
        if spread is not None and findings.estimate(row_id, use) is None:
            message = (
                f"{findings.labels[row_id]}: {findings.title(use)} has {counted(spread.n, 'score')} and no number over "
                "them: its combine() or aggregate() fails; mend it, then score again"
            )
            yield Alarm(
                kind="no_number",
                metric=findings.words[use],
                candidate=findings.labels[row_id],
                share=None,
                n=spread.n,
                message=message,
            )


def _is_too_many(n: int, n_all: int) -> bool:
    return n_all > 0 and n / n_all > TOO_MANY


def _share_alarm(
    findings: Findings,
    row_id: int,
    kind: str,
    metric: str | None,
    n: int,
    n_all: int,
    what: str,
    step: str,
    unit: str = "answer",
) -> Alarm:
    label = findings.labels[row_id]
    message = f"{label}: {n:,} of {counted(n_all, unit)} ({percent(n / n_all)}) {what}; {step}"
    return Alarm(kind=kind, metric=metric, candidate=label, share=n / n_all, n=n, message=message)
