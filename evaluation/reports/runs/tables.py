"""Results of a run as rows of short texts, shared by the terminal, table artifacts and Markdown."""

from collections.abc import Callable, Mapping, Sequence

from evaluation.formatting import counted, measured, measured_interval, percent
from evaluation.glossary import plain_word
from evaluation.metrics.metric_facts import is_over_all_cases
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.metrics.titles import short_titles
from evaluation.records.labels import is_baseline
from evaluation.reports.runs.indexes import index_lines
from evaluation.results.estimates import HasInterval, MetricEstimate, shown_estimate
from evaluation.results.runs import CandidateResult, MetricMean, MetricResult, RunResult
from evaluation.run_results.ranking import ranked
from evaluation.scoring.missing_scores import SERVERS_FAULT

SPEED_COLUMNS = {"latency_s": "latency s", "tokens_per_s": "tokens/s"}
ENERGY_COLUMNS = {"energy_j": "J/answer", "energy_per_right_j": "J/right answer"}
COST_COLUMNS = {"cost_usd": "USD/answer"}
"""Further columns, shown like those above if any candidate has a value."""
USAGE_COLUMNS = {"prompt_tokens": "tokens in", "output_tokens": "tokens out", **COST_COLUMNS}
NO_INTERVAL = "no interval: too few cases or clusters, or the same value on each"
FAILURES_AS_ZERO = "mean_with_failures_as_zero"


def result_columns(run: RunResult) -> list[str]:
    """Return the columns of a run's table, the headline metric first."""
    names = list(run.metrics)
    return [run.headline, *(name for name in names if name != run.headline)]


def headline_title(run: RunResult) -> str:
    """Return the title of the headline metric's column."""
    return _columns(run)[run.headline]


def _columns(run: RunResult) -> dict[str, str]:
    """Return the column title of each metric that has a column."""
    return {run.headline: run.headline} | short_titles(run.metrics)


def _titles(run: RunResult) -> dict[str, str]:
    """Return the title of each metric.

    Metrics that were scored later do not change the titles of those with a column.
    """
    later = {word: word for candidate in run.candidates for word in candidate.score_failures}
    for candidate in run.candidates:
        later |= {word: result.mean.signature for word, result in candidate.metrics.items() if result.mean is not None}
    return short_titles({**run.metrics, **later}) | _columns(run)


def _shown_as(title: str) -> Callable[[HasInterval | None], str]:
    return shown_speed if title.partition("(")[0] in SPEED_METRICS else shown_estimate


def without_column(run: RunResult) -> list[str]:
    """Return a line per metric that scored the run with other options or an older scorer: all candidates' values."""
    titles = _titles(run)
    words = dict.fromkeys(
        word
        for candidate in run.candidates
        for word, result in candidate.metrics.items()
        if word not in run.metrics and result.signature == word
    )
    return [
        f"{titles[word]}, scored beside the table: "
        + ", ".join(
            f"{candidate.label} {_shown_as(titles[word])(candidate.metrics.get(word))}" for candidate in ranked(run)
        )
        for word in words
    ]


def result_rows(run: RunResult) -> list[dict[str, str]]:
    """Return one row per candidate, best headline value first."""
    further_columns = {
        name: title
        for name, title in {**ENERGY_COLUMNS, **COST_COLUMNS}.items()
        if name not in run.metrics and any(name in candidate.metrics for candidate in run.candidates)
    }
    return [_row(run, candidate, {**SPEED_COLUMNS, **further_columns}) for candidate in ranked(run)]


def _row(run: RunResult, candidate: CandidateResult, speeds: Mapping[str, str]) -> dict[str, str]:
    row = {"candidate": candidate.label}
    titles = _columns(run)
    for name in result_columns(run):
        shown = shown_speed if name in SPEED_METRICS else shown_estimate
        row[titles[name]] = shown(candidate.metrics.get(name))
    row["answered"] = f"{candidate.n_answered:,}/{run.n_cases * run.n_repeats:,}"
    row["failed"] = shown_failures(candidate)
    for name, title in speeds.items():
        row[title] = shown_speed(candidate.metrics.get(name))
    return row


def shown_speed(numbers: HasInterval | None) -> str:
    """Return `0.0730 [0.0694, 0.0766]`: three significant digits, since speeds differ by powers of ten."""
    if numbers is None or numbers.value is None:
        return "–"
    value = measured(numbers.value)
    if numbers.low is None or numbers.high is None:
        return f"{value} [no interval]"
    return f"{value} {measured_interval(numbers.low, numbers.high)}"


def _mean(metrics: Mapping[str, MetricResult], name: str) -> MetricMean | None:
    return metrics[name].mean if name in metrics else None


def _quantity(metrics: Mapping[str, MetricResult], name: str, kind: str) -> MetricEstimate | None:
    return metrics[name].quantities.get(kind) if name in metrics else None


def latency_rows(run: RunResult) -> list[dict[str, str]]:
    """Return one row per candidate with latencies, in the order of the results: percentiles with their intervals."""
    return [
        {
            "candidate": candidate.label,
            **{name: shown_speed(latency.quantities.get(name)) for name in ("p50", "p95")},
            "cases": f"{latency.mean.n_cases:,}",
        }
        for candidate in ranked(run)
        if (latency := candidate.metrics.get("latency_s")) is not None and latency.mean is not None
    ]


def usage_rows(run: RunResult) -> list[dict[str, str]]:
    """Return one row per candidate whose tokens or costs are known, in the order of the results.

    Per answer and in total.
    """
    rows = []
    for candidate in ranked(run):
        metrics = candidate.metrics
        columns = {name: title for name, title in USAGE_COLUMNS.items() if _mean(metrics, name) is not None}
        row = {title: shown_speed(metrics[name]) for name, title in columns.items()}
        if (total := _quantity(metrics, "cost_usd", "total")) is not None:
            row["USD in all"] = measured(total.value)
        if row:
            rows.append({"candidate": candidate.label, **row})
    titles = dict.fromkeys(title for row in rows for title in row)
    return [{title: row.get(title, "–") for title in titles} for row in rows]


def caption(run: RunResult) -> str:
    """Return an explanation of the number columns."""
    titles = _columns(run)
    together = [titles[name] for name in result_columns(run) if is_over_all_cases(name, run.metrics[name])]
    means = [title for name in result_columns(run) if (title := titles[name]) not in together]
    parts = [f"{', '.join(means)}: mean over cases"] if means else []
    parts += [f"{', '.join(together)}: over all cases together"] if together else []
    return f"* headline. {'; '.join(parts)} [95 % interval]."


def remarks(run: RunResult) -> list[str]:
    """Return the remarks below the table of a run, one a sentence."""
    scored = (failures_as_zero(run), extractions(run), unscored(run), not_defined(run))
    parts = (no_interval(run), without_column(run), *scored, reused(run), cached(run), corpora(run), index_lines(run))
    return [text for part in (*parts, run.judging) for text in part]


def corpora(run: RunResult) -> list[str]:
    """Return a line for each corpus of which something was left out."""
    return [summary.line for summary in run.corpora if summary.n_left_out]


def no_interval(run: RunResult) -> list[str]:
    """Return why values of the run's metrics have no interval, where any lack one."""
    means = [_mean(candidate.metrics, name) for candidate in run.candidates for name in run.metrics]
    is_any = any(mean is not None and mean.low is None for mean in means)
    return [NO_INTERVAL] if is_any else []


def failures_as_zero(run: RunResult) -> list[str]:
    """Return a line for each candidate with server failures: the headline's value with those cases counted as zero."""
    lines = []
    for candidate in ranked(run):
        mean = _mean(candidate.metrics, run.headline)
        worst = _quantity(candidate.metrics, run.headline, FAILURES_AS_ZERO)
        if mean is not None and worst is not None:
            n_failed = worst.n_cases - mean.n_cases
            lines.append(
                f"{candidate.label}: {run.headline} {shown_estimate(mean)} on {counted(mean.n_cases, 'case')}; "
                f"counting the {counted(n_failed, 'server failure')} as zero: {shown_estimate(worst)}"
            )
    return lines


def unscored(run: RunResult) -> list[str]:
    """Return a line for each candidate and metric with score failures: how many, and why."""
    titles = _titles(run)
    return [
        f"{candidate.label}: {counted(sum(kinds.values()), 'answer')} without a score on "
        f"{titles.get(metric, metric)}: "
        + ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
        + _missing_scores_hint(run, candidate, metric)
        for candidate in ranked(run)
        for metric, kinds in candidate.score_failures.items()
    ]


def _missing_scores_hint(run: RunResult, candidate: CandidateResult, metric: str) -> str:
    """Return how many scores there are, and the next step, where others are missing because of a server."""
    kinds = candidate.score_failures[metric]
    if not SERVERS_FAULT & kinds.keys():
        return ""
    n_scored = candidate.n_scored.get(metric, 0)
    return (
        f"; {n_scored:,} of {n_scored + sum(kinds.values()):,} have one; `benchwright evaluate --resume "
        f"{run.run_id}` or the same `benchwright score` retries the others"
    )


def not_defined(run: RunResult) -> list[str]:
    """Return a line for each metric that is not defined for any answer of a candidate, though it never failed.

    Empty for a run that is not scored to its end.
    """
    if run.status not in ("completed", "failed"):
        return []
    titles = _titles(run)
    labels_by_metric: dict[str, list[str]] = {}
    for candidate in ranked(run):
        if candidate.status != "completed":
            continue
        for metric, signature in run.metrics.items():
            if not (candidate.n_ok and _is_measured(metric, signature, candidate)):
                continue
            if not candidate.n_scored.get(metric) and not candidate.score_failures.get(metric):
                labels_by_metric.setdefault(metric, []).append(candidate.label)
    return [
        f"{titles.get(metric, metric)}: not defined for any case of {', '.join(labels)} "
        "(the metric returned None every time)"
        for metric, labels in labels_by_metric.items()
    ]


def _is_measured(metric: str, signature: str, candidate: CandidateResult) -> bool:
    """Return False for a metric that has a value, and for the candidate with which a metric compares others."""
    return metric not in candidate.metrics and f"#{candidate.fingerprint[:12]}" not in signature


def extractions(run: RunResult) -> list[str]:
    """Return a line for each candidate whose answers give different values when read strictly and forgivingly."""
    titles = _titles(run)
    return [
        f"{candidate.label}: {titles.get(metric, metric)} read strictly {shown_estimate(strict)}, "
        f"forgivingly {shown_estimate(flexible)}"
        for candidate in ranked(run)
        for metric, result in candidate.metrics.items()
        if (strict := result.quantities.get("strict")) is not None
        and (flexible := result.quantities.get("flexible")) is not None
        and strict.value != flexible.value
    ]


def reused(run: RunResult) -> list[str]:
    """Return a line for each candidate with outcomes reused from earlier runs: how many."""
    return [
        f"{candidate.label}: {candidate.n_reused:,} of {run.n_cases * run.n_repeats:,} reused from earlier runs "
        "(excluded from timing figures)"
        for candidate in ranked(run)
        if candidate.n_reused
    ]


def cached(run: RunResult) -> list[str]:
    """Return a line for each candidate with cached prompts: how many answers, and how long those took."""
    lines = []
    for candidate in ranked(run):
        if not (n := candidate.n_cached):
            continue
        timings = {
            title: apart
            for name, title in _OF_PROMPTS.items()
            for prompts in ("cached_prompts", "unknown_prompts")
            if (apart := _quantity(candidate.metrics, name, prompts)) is not None
        }
        took = ", ".join(f"{title} {shown_speed(numbers)}" for title, numbers in timings.items())
        lines.append(
            f"{candidate.label}: {n:,} of {counted(candidate.n_ok, 'prompt')} were, or may have been, cached by the "
            f"server, {_where_they_are(candidate)} the timing figures above{f': {took}' if took else ''}"
        )
    return lines


def _where_they_are(candidate: CandidateResult) -> str:
    """Return whether the table includes these answers or leaves them out.

    Answers whose prompts may have been cached are included where there are no others.
    """
    is_all = candidate.n_cached + candidate.n_reused >= candidate.n_ok
    is_shown = _mean(candidate.metrics, "latency_s") is not None
    return "which may make it look faster in" if is_all and is_shown else "apart from"


_OF_PROMPTS = {name: plain_word(name) for name in ("latency_s", "ttft_s")}


def partly_on_the_cpu(runs: Sequence[RunResult]) -> str | None:
    """Return the models that did not fit the GPU's memory, each with the share outside it; None where all fitted.

    Baselines are not models, and need no GPU.
    """
    shares: dict[str, float] = {}
    for candidate in (candidate for run in runs for candidate in ranked(run)):
        if candidate.vram_share is not None and not is_baseline(candidate.model):
            shares[candidate.label] = min(candidate.vram_share, shares.get(candidate.label, 1.0))
    parts = [f"{label} ({percent(1 - share)})" for label, share in shares.items() if share < 1]
    return f"partly or fully on the CPU: {', '.join(parts)}" if parts else None


def shown_failures(candidate: CandidateResult) -> str:
    """Return the server's failures and the candidate's own, in words."""
    words = [f"{n:,} {kind}" for kind, n in candidate.failures.items()]
    words += [f"{n:,} {kind} (own)" for kind, n in candidate.own_failures.items()]
    if candidate.status == "failed":
        words.insert(0, "given up")
    return ", ".join(words) or "0"
