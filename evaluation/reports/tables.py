"""Results as rows of short texts: the same for the terminal, a table artifact and Markdown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluation.formatting import counted, percent, quantity, quantity_interval, score, score_interval
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.missing_scores import SERVERS_FAULT
from evaluation.reports.labels import is_baseline
from evaluation.reports.metric_facts import higher_is_better, is_over_all_cases
from evaluation.reports.titles import short_titles

SPEED_COLUMNS = {"latency_s": "latency s", "tokens_per_s": "tokens/s"}
ENERGY_COLUMNS = {"energy_j": "J/answer", "energy_per_right_j": "J/right answer"}
COST_COLUMNS = {"cost_usd": "USD/answer"}
"""These and those above are shown where any candidate has them."""
USAGE_COLUMNS = {"prompt_tokens": "tokens in", "output_tokens": "tokens out", **COST_COLUMNS}
NO_INTERVAL = "no interval: too few cases or clusters, or the same value on each, so that no spread was seen"
FAILURES_AS_ZERO = "mean_with_failures_as_zero"


def shown_estimate(numbers: Mapping[str, Any] | None, *, digits: int = 3) -> str:
    """`0.390 [0.364, 0.417]`: a value never stands without its interval; `–` where there is none."""
    if not numbers or numbers.get("value") is None:
        return "–"
    value = score(numbers["value"], digits=digits)
    if numbers.get("low") is None:
        return f"{value} [no interval]"
    return f"{value} {score_interval(numbers['low'], numbers['high'], digits=digits)}"


def result_columns(run: Mapping[str, Any]) -> list[str]:
    """The columns of a run's table: the headline metric first."""
    names = list(run["metrics"])
    return [run["headline"], *(name for name in names if name != run["headline"])]


def headline_title(run: Mapping[str, Any]) -> str:
    """The column of the headline metric."""
    return _columns(run)[run["headline"]]


def _columns(run: Mapping[str, Any]) -> dict[str, str]:
    """What each metric is called that has a column."""
    return {run["headline"]: run["headline"]} | short_titles(run["metrics"])


def _titles(run: Mapping[str, Any]) -> dict[str, str]:
    """What each metric is called; those that were scored later do not change what those with a column are called."""
    later = {word: word for candidate in run["candidates"] for word in candidate["score_failures"]}
    for candidate in run["candidates"]:
        later |= {word: found["signature"] for word, found in candidate["metrics"].items() if "signature" in found}
    return short_titles({**run["metrics"], **later}) | _columns(run)


def _shown_as(title: str) -> Callable[[Mapping[str, Any] | None], str]:
    return shown_speed if title.partition("(")[0] in SPEED_METRICS else shown_estimate


def without_column(run: Mapping[str, Any]) -> list[str]:
    """For each metric that a run was scored by under other options or an older scorer: every candidate's value."""
    titles = _titles(run)
    words = dict.fromkeys(
        word
        for candidate in run["candidates"]
        for word, numbers in candidate["metrics"].items()
        if word not in run["metrics"] and numbers.get("signature") == word
    )
    return [
        f"{titles[word]}, scored beside the table: "
        + ", ".join(
            f"{candidate['candidate']} {_shown_as(titles[word])(candidate['metrics'].get(word))}"
            for candidate in ranked(run)
        )
        for word in words
    ]


def result_rows(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row a candidate, best headline value first."""
    known = {
        name: title
        for name, title in {**ENERGY_COLUMNS, **COST_COLUMNS}.items()
        if name not in run["metrics"] and any(name in candidate["metrics"] for candidate in run["candidates"])
    }
    return [_row(run, candidate, {**SPEED_COLUMNS, **known}) for candidate in ranked(run)]


def ranked(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The candidates by the value of the headline metric, best first; those without one last."""
    return sorted(run["candidates"], key=lambda candidate: -_headline_value(run, candidate))


def _headline_value(run: Mapping[str, Any], candidate: Mapping[str, Any]) -> float:
    numbers = candidate["metrics"].get(run["headline"], {})
    if "value" not in numbers:
        return float("-inf")
    is_better = higher_is_better(run["headline"], run["metrics"].get(run["headline"], ""))
    return float(numbers["value"]) if is_better else -float(numbers["value"])


def _row(run: Mapping[str, Any], candidate: Mapping[str, Any], speeds: Mapping[str, str]) -> dict[str, str]:
    row = {"candidate": str(candidate["candidate"])}
    titles = _columns(run)
    for name in result_columns(run):
        shown = shown_speed if name in SPEED_METRICS else shown_estimate
        row[titles[name]] = shown(candidate["metrics"].get(name))
    row["answered"] = f"{candidate['n_ok']:,}/{run['n_cases'] * run['repeats']:,}"
    row["failed"] = shown_failures(candidate)
    for name, title in speeds.items():
        row[title] = shown_speed(candidate["metrics"].get(name))
    return row


def shown_speed(numbers: Mapping[str, Any] | None) -> str:
    """`0.0730 [0.0694, 0.0766]`: three digits that count, since speeds differ by powers of ten."""
    if not numbers or numbers.get("value") is None:
        return "–"
    value = quantity(numbers["value"])
    if numbers.get("low") is None:
        return f"{value} [no interval]"
    return f"{value} {quantity_interval(numbers['low'], numbers['high'])}"


def latency_rows(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row a candidate that has latencies, in the order of the results: percentiles with their intervals."""
    return [
        {
            "candidate": str(candidate["candidate"]),
            **{name: shown_speed(latency.get(name)) for name in ("p50", "p95")},
            "cases": f"{latency['n']:,}",
        }
        for candidate in ranked(run)
        if "n" in (latency := candidate["metrics"].get("latency_s", {}))
    ]


def usage_rows(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row a candidate whose tokens or costs are known, in the order of the results: of an answer, and in all."""
    rows = []
    for candidate in ranked(run):
        metrics = candidate["metrics"]
        known = {name: title for name, title in USAGE_COLUMNS.items() if "value" in metrics.get(name, {})}
        row = {title: shown_speed(metrics[name]) for name, title in known.items()}
        if "total" in (cost := metrics.get("cost_usd", {})):
            row["USD in all"] = quantity(cost["total"]["value"])
        if row:
            rows.append({"candidate": str(candidate["candidate"]), **row})
    titles = dict.fromkeys(title for row in rows for title in row)
    return [{title: row.get(title, "–") for title in titles} for row in rows]


def caption(run: Mapping[str, Any]) -> str:
    """What the columns of numbers are."""
    titles = _columns(run)
    together = [titles[name] for name in result_columns(run) if is_over_all_cases(name, run["metrics"][name])]
    means = [title for name in result_columns(run) if (title := titles[name]) not in together]
    parts = [f"{', '.join(means)}: mean over cases"] if means else []
    parts += [f"{', '.join(together)}: over all cases together"] if together else []
    return f"* headline. {'; '.join(parts)} [95 % interval]."


def remarks(run: Mapping[str, Any]) -> list[str]:
    """What is to be said below the table of a run, a sentence for each thing."""
    scored = (failures_as_zero(run), extractions(run), unscored(run), not_defined(run))
    parts = (no_interval(run), without_column(run), *scored, reused(run), cached(run), run["judging"])
    return [text for part in parts for text in part]


def no_interval(run: Mapping[str, Any]) -> list[str]:
    """Why values of the run's metrics stand without an interval, where any do."""
    shown = [candidate["metrics"].get(name) or {} for candidate in run["candidates"] for name in run["metrics"]]
    is_any = any(numbers.get("value") is not None and numbers.get("low") is None for numbers in shown)
    return [NO_INTERVAL] if is_any else []


def failures_as_zero(run: Mapping[str, Any]) -> list[str]:
    """For each candidate on which the server failed: the headline's value with those cases counted as zero."""
    said = []
    for candidate in ranked(run):
        numbers = candidate["metrics"].get(run["headline"], {})
        if FAILURES_AS_ZERO in numbers:
            worst = numbers[FAILURES_AS_ZERO]
            n_failed = worst["n"] - numbers["n"]
            said.append(
                f"{candidate['candidate']}: {run['headline']} {shown_estimate(numbers)} on {numbers['n']:,} cases; "
                f"with the {n_failed:,} on which the server failed counted as zero {shown_estimate(worst)}"
            )
    return said


def unscored(run: Mapping[str, Any]) -> list[str]:
    """For each candidate and metric with scores that could not be had: how many, and why."""
    titles = _titles(run)
    return [
        f"{candidate['candidate']}: {counted(sum(kinds.values()), 'answer')} without a score on "
        f"{titles.get(metric, metric)}: "
        + ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
        + _asked_again(run, candidate, metric)
        for candidate in ranked(run)
        for metric, kinds in candidate["score_failures"].items()
    ]


def _asked_again(run: Mapping[str, Any], candidate: Mapping[str, Any], metric: str) -> str:
    """How many scores there are, and what to do, where others are missing by the fault of a server."""
    kinds = candidate["score_failures"][metric]
    if not SERVERS_FAULT & kinds.keys():
        return ""
    n_scored = candidate["n_scored"].get(metric, 0)
    return (
        f"; {n_scored:,} of {n_scored + sum(kinds.values()):,} have one; `benchwright evaluate --resume "
        f"{run['run_id']}` or the same `benchwright score` asks the others again"
    )


def not_defined(run: Mapping[str, Any]) -> list[str]:
    """For each metric that said of no answer of a candidate what its value is, and failed on none: that it did not.

    Of a run that was scored to its end: before, nothing is said.
    """
    if run["status"] not in ("completed", "failed"):
        return []
    titles = _titles(run)
    said: dict[str, list[str]] = {}
    for candidate in ranked(run):
        if candidate["status"] != "completed":
            continue
        for metric, signature in run["metrics"].items():
            if not (candidate["n_ok"] and _is_measured(metric, signature, candidate)):
                continue
            if not candidate["n_scored"].get(metric) and not candidate["score_failures"].get(metric):
                said.setdefault(metric, []).append(str(candidate["candidate"]))
    return [
        f"{titles.get(metric, metric)}: not defined for any case of {', '.join(labels)} "
        "(it returned None each time, and has no value)"
        for metric, labels in said.items()
    ]


def _is_measured(metric: str, signature: str, candidate: Mapping[str, Any]) -> bool:
    """False for a figure of speed that has a value, and for the candidate with which a metric compares others."""
    return metric not in candidate["metrics"] and f"#{candidate['fingerprint'][:12]}" not in signature


def extractions(run: Mapping[str, Any]) -> list[str]:
    """For each candidate: what a strict and a forgiving reading of its answers give, where they differ."""
    titles = _titles(run)
    return [
        f"{candidate['candidate']}: {titles.get(metric, metric)} read strictly {shown_estimate(numbers['strict'])}, "
        f"forgivingly {shown_estimate(numbers['flexible'])}"
        for candidate in ranked(run)
        for metric, numbers in candidate["metrics"].items()
        if {"strict", "flexible"} <= numbers.keys() and numbers["strict"]["value"] != numbers["flexible"]["value"]
    ]


def reused(run: Mapping[str, Any]) -> list[str]:
    """For each candidate that took outcomes from earlier runs: how many."""
    return [
        f"{candidate['candidate']}: {candidate['n_reused']:,} of {run['n_cases'] * run['repeats']:,} "
        "taken from earlier runs (out of timing figures)"
        for candidate in ranked(run)
        if candidate["n_reused"]
    ]


def cached(run: Mapping[str, Any]) -> list[str]:
    """For each candidate with answers to prompts that a server had read before: how many, and how long those took."""
    lines = []
    for candidate in ranked(run):
        if not (n := candidate.get("n_cached")):
            continue
        known = {
            title: apart
            for name, title in _OF_PROMPTS.items()
            for quantity in ("cached_prompts", "unknown_prompts")
            if (apart := candidate["metrics"].get(name, {}).get(quantity)) is not None
        }
        took = ", ".join(f"{title} {shown_speed(numbers)}" for title, numbers in known.items())
        lines.append(
            f"{candidate['candidate']}: {n:,} of {candidate['n_ok']:,} prompts were, or may have been, in the server's "
            f"cache, {_where_they_are(candidate)} the timing figures above{f': {took}' if took else ''}"
        )
    return lines


def _where_they_are(candidate: Mapping[str, Any]) -> str:
    """Of answers to prompts of which nobody knows whether they were kept, if there are no others, the table tells."""
    is_all = candidate["n_cached"] + candidate["n_reused"] >= candidate["n_ok"]
    is_shown = candidate["metrics"].get("latency_s", {}).get("value") is not None
    return "which may make it look faster in" if is_all and is_shown else "apart from"


_OF_PROMPTS = {"latency_s": "latency s", "ttft_s": "first token s"}


def partly_on_the_cpu(runs: Sequence[Mapping[str, Any]]) -> str | None:
    """The models that did not fit the GPU's memory, each with how much of it did not; None where all did.

    Baselines are no models, and need no GPU.
    """
    shares: dict[str, float] = {}
    for found in (candidate for run in runs for candidate in ranked(run)):
        if found["vram_share"] is not None and not is_baseline(found["model"]):
            label = str(found["candidate"])
            shares[label] = min(found["vram_share"], shares.get(label, 1.0))
    said = [f"{label} ({percent(1 - share)})" for label, share in shares.items() if share < 1]
    return f"on the CPU, wholly or in part: {', '.join(said)}" if said else None


def shown_failures(candidate: Mapping[str, Any]) -> str:
    """Server failures and the candidate's own, in words."""
    words = [f"{n:,} {kind}" for kind, n in candidate["failures"].items()]
    words += [f"{n:,} {kind} (own)" for kind, n in candidate["own_failures"].items()]
    if candidate["status"] == "failed":
        words.insert(0, "given up")
    return ", ".join(words) or "0"


def as_markdown_table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table of texts that are Markdown already."""
    head = "| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns)
    return "\n".join([head, *("| " + " | ".join(row[column] for column in columns) + " |" for row in rows)])
