"""A sweep for people: what each parameter does, which values may be the best, and no more than the cases carry."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.reports.comparison_words import short_p_value, shown_p_value
from evaluation.reports.escaping import for_markdown
from evaluation.reports.tables import as_markdown_table, counted, shown_estimate
from evaluation.sweeping.evidence import MIN_UNITS

Metric = Mapping[str, Any]
SHOWN_COMBINATIONS = 12


def words_of(combination: Mapping[str, Any]) -> str:
    """`temperature=0.2 top_p=0.9`."""
    return " ".join(f"{name}={shown_value(value)}" for name, value in combination.items())


def shown_value(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def sweep_sentences(sweep: Mapping[str, Any]) -> list[str]:
    """What the headline's scores say, a sentence each, the most important one first. Each rests on a test."""
    if not sweep["metrics"]:
        return [f"{sweep['headline']} is computed from all cases together, and is not analysed by parameter."]
    metric = sweep["metrics"][0]
    return [
        _first_sentence(metric),
        *(sentence for effect in metric["effects"] for sentence in _of_effect(metric, effect)),
        *_of_interactions(metric),
        _of_combinations(metric),
        *(f"{name} has scores of one value only, and nothing can be said of it." for name in metric["constant"]),
        *(f"Note: {note}." for note in metric["notes"]),
        *(f"Note: {note}." for note in sweep["as_asked"]),
        *_only_this_prompt(sweep),
    ]


def _first_sentence(metric: Metric) -> str:
    if not any(effect["p_value"] is not None for effect in metric["effects"]):
        return f"Nothing can be said of the parameters in {metric['metric']}: {_why_untested(metric)}."
    shown = [effect for effect in metric["effects"] if effect["is_shown"]]
    evidence = counted(metric["n_units"], metric["unit"])
    if not shown:
        names = _listed([effect["name"] for effect in metric["effects"]])
        return f"No effect found: {evidence} show no difference in {metric['metric']} between values of {names}."
    narrowed = [effect for effect in shown if _is_narrowed(effect)]
    if not narrowed:
        names = _listed([effect["name"] for effect in shown])
        one = "makes" if len(shown) == 1 else "make"
        return f"{names} {one} a difference in {metric['metric']}, but {evidence} do not tell which values are best."
    said = _listed([f"{effect['name']} {_range(effect)}" for effect in narrowed])
    return f"Best for {metric['metric']}, as far as {evidence} can tell: {said}."


def _why_untested(metric: Metric) -> str:
    scored = [one for one in metric["combinations"] if one["value"] is not None]
    if len(scored) < len(metric["combinations"]):
        return f"{len(scored):,} of {counted(len(metric['combinations']), 'combination')} have scores"
    if not metric["effects"]:
        return "each has one value only"
    if metric["unit"] != "answer" and metric["n_units"] < MIN_UNITS:
        return f"{counted(metric['n_units'], metric['unit'])} are too few"
    of = counted(metric["n_units"], metric["unit"])
    return f"{of} of {counted(len(scored), 'combination')} do not tell the parameters apart"


def _is_narrowed(effect: Mapping[str, Any]) -> bool:
    """True where a value is left out of what is recommended."""
    found, levels = effect["recommended"], effect["levels"]
    if "values" in found:
        return len(found["values"]) < len(levels)
    return bool(levels) and (found["low"], found["high"]) != (levels[0]["low"], levels[-1]["high"])


def _of_effect(metric: Metric, effect: Mapping[str, Any]) -> list[str]:
    if effect["p_adjusted"] is None:
        return []
    p_value = shown_p_value(effect["p_adjusted"])
    if not effect["is_shown"]:
        return [
            f"{effect['name']}: no effect found ({p_value}; the means of its values differ by up to "
            f"{effect['spread']:.3f}{_would_have_been_found(effect)})."
        ]
    best, worst = _extremes(metric, effect)
    said = [
        f"{effect['name']} matters ({p_value}): {_level(best)} has {_mean(best)}, {_level(worst)} has {_mean(worst)}; "
        f"{_why(effect)}."
    ]
    if _goes_one_way(metric, effect):
        goes = "rises" if effect["correlation"] > 0 else "falls"
        said.append(
            f"{metric['metric']} {goes} with {effect['name']} "
            f"(Spearman {effect['correlation']:+.2f}, {shown_p_value(effect['p_correlation'])})."
        )
    return said


def _would_have_been_found(effect: Mapping[str, Any]) -> str:
    """What could have been found: silence is no proof of sameness."""
    if effect["detectable"] is None:
        return ""
    what = "a steady rise or fall" if effect["is_numeric"] else "a difference between two of them"
    return f"; {what} of {effect['detectable']:.3f} would have been found 4 times in 5"


def _goes_one_way(metric: Metric, effect: Mapping[str, Any]) -> bool:
    """True where a line is shown and its ends have the lowest and the highest mean: a curve does not rise or fall."""
    if effect["p_correlation"] is None or effect["p_correlation"] >= 1 - metric["confidence_level"]:
        return False
    values = [level["value"] for level in effect["levels"]]
    ends = values if effect["correlation"] > 0 else values[::-1]
    return bool(ends[0] == min(values) and ends[-1] == max(values))


def _why(effect: Mapping[str, Any]) -> str:
    """Why this range is recommended."""
    left_out = [level for level in effect["levels"] if not level["may_be_best"]]
    if not left_out:
        return "no single value is shown to be worse than another"
    return f"shown to be worse than another value: {_listed([_level(level) for level in left_out])}"


def _range(effect: Mapping[str, Any]) -> str:
    found = effect["recommended"]
    if "values" in found:
        return "= " + " or ".join(shown_value(value) for value in found["values"])
    if found["low"] == found["high"]:
        return f"= {shown_value(found['low'])}"
    return f"from {shown_value(found['low'])} to {shown_value(found['high'])}"


def _extremes(metric: Metric, effect: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    ordered = sorted(effect["levels"], key=lambda level: float(level["value"]), reverse=metric["higher_is_better"])
    return ordered[0], ordered[-1]


def _level(level: Mapping[str, Any]) -> str:
    low, high = shown_value(level["low"]), shown_value(level["high"])
    return low if low == high else f"{low} to {high}"


def _mean(level: Mapping[str, Any]) -> str:
    return shown_estimate({"value": level["value"], "low": level["value_low"], "high": level["value_high"]})


def _of_interactions(metric: Metric) -> list[str]:
    tested = [one for one in metric["interactions"] if one["p_adjusted"] is not None]
    shown = [one for one in tested if one["is_shown"]]
    if shown:
        return [
            f"{one['first']} and {one['second']} act together ({shown_p_value(one['p_adjusted'])}): which value of one "
            "is best depends on the other, so choose among the combinations below."
            for one in shown
        ]
    return ["No two parameters are shown to act together."] if tested else []


def _of_combinations(metric: Metric) -> str:
    scored = [one for one in metric["combinations"] if one["value"] is not None]
    if not scored:
        return "No combination has a score."
    best, n_all, n_possible = scored[0], len(scored), metric["n_may_be_best"]
    if n_all == 1:
        return f"One combination has scores, {words_of(best['combination'])}: {shown_estimate(best)}."
    word = "highest" if metric["higher_is_better"] else "lowest"
    n_alike = sum(one["value"] == best["value"] for one in scored) - 1
    alike = f", and {n_alike:,} more the same" if n_alike else ""
    said = f"The {word} mean has {words_of(best['combination'])}: {shown_estimate(best)}{alike}."
    if n_possible == 1:
        others = "the other one" if n_all == 2 else f"each of the other {n_all - 1:,}"
        return f"{said} It is shown to be better than {others}."
    if n_possible == n_all:
        return f"{said} None of the {n_all:,} combinations is shown to be worse than another: each may be the best."
    return (
        f"{said} {n_possible:,} of {counted(n_all, 'combination')} may be the best: with "
        f"{metric['confidence_level']:.0%} confidence the best one is among them."
    )


def _only_this_prompt(sweep: Mapping[str, Any]) -> list[str]:
    if sweep["n_cases"] != 1:
        return []
    return ["All of this holds for this one prompt, and says nothing of others."]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def combination_rows(metric: Metric, *, limit: int | None = SHOWN_COMBINATIONS) -> list[dict[str, str]]:
    """A row a combination, best first."""
    return [
        {
            **{name: shown_value(value) for name, value in one["combination"].items()},
            metric["metric"]: shown_estimate(one),
            f"{metric['unit']}s": f"{one['n_units']:,}",
            "may be the best": "–" if one["value"] is None else "yes" if one["may_be_best"] else "no",
        }
        for one in metric["combinations"][:limit]
    ]


def effect_rows(metric: Metric) -> list[dict[str, str]]:
    """A row a parameter: what it does, and what is recommended."""
    return [
        {
            "parameter": effect["name"],
            "effect": _found(effect),
            "p": short_p_value(effect["p_adjusted"]),
            "spread": f"{effect['spread']:.3f}",
            "correlation": "–" if effect["p_correlation"] is None else f"{effect['correlation']:+.2f}",
            "p of correlation": short_p_value(effect["p_correlation"]),
            "recommended": _advice(effect),
        }
        for effect in metric["effects"]
    ]


def _found(effect: Mapping[str, Any]) -> str:
    if effect["p_adjusted"] is None:
        return "untested"
    return "shown" if effect["is_shown"] else "none found"


def _advice(effect: Mapping[str, Any]) -> str:
    if effect["is_shown"]:
        return _range(effect) if _is_narrowed(effect) else "open"
    return "none" if effect["p_adjusted"] is not None else "–"


def level_rows(metric: Metric) -> list[dict[str, str]]:
    """A row a value of each parameter that makes a difference: its mean over all else."""
    return [
        {
            "value": f"{effect['name']} {_level(level)}",
            metric["metric"]: _mean(level),
            "may be the best": "yes" if level["may_be_best"] else "no",
        }
        for effect in metric["effects"]
        if effect["is_shown"]
        for level in effect["levels"]
    ]


def other_metric_lines(sweep: Mapping[str, Any]) -> list[str]:
    """For each metric beside the headline, what its scores say in a sentence."""
    return [_first_sentence(metric) for metric in sweep["metrics"][1:]]


def missing_lines(result: Mapping[str, Any]) -> list[str]:
    """What the servers, and whoever scores, still owe: a line each.

    Args:
        result: Of the sweep's invocation.
    """
    failed: Counter[str] = Counter()
    unscored: Counter[str] = Counter()
    for candidate in (candidate for run in result["runs"] for candidate in run["candidates"]):
        failed.update(candidate["failures"])
        for metric, kinds in candidate["score_failures"].items():
            unscored.update({f"{metric}: {kind}": n for kind, n in kinds.items()})
    lines = [f"Not answered: {_by_kind(failed)}."] if failed else []
    return [*lines, f"Answered, without a score: {_by_kind(unscored)}."] if unscored else lines


def _by_kind(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} × {kind}" for kind, n in sorted(counts.items()))


def further_combinations(metric: Metric, *, limit: int = SHOWN_COMBINATIONS) -> str:
    """What the table of combinations leaves out; empty where it has all."""
    rest = metric["combinations"][limit:]
    if not rest:
        return ""
    n_unscored = sum(one["value"] is None for one in rest)
    without = f", {n_unscored:,} of them without a score" if n_unscored else ""
    return f"… and {len(rest):,} more{without} (--json has all)."


def caption(sweep: Mapping[str, Any]) -> str:
    """What was tried on what."""
    asked = "a single prompt" if sweep["n_cases"] == 1 else counted(sweep["n_cases"], "case")
    repeats = f", each asked {sweep['repeats']} times" if sweep["repeats"] > 1 else ""
    tried = f"{counted(sweep['n_combinations'], 'combination')} ({sweep['design']})"
    return f"{tried} on {asked}{repeats}, seed {sweep['seed']}"


def sweep_as_markdown(sweep: Mapping[str, Any]) -> str:
    """The whole report as one page."""
    parts = [f"# Sweep on {for_markdown(sweep['benchmark'])}", for_markdown(caption(sweep)) + "."]
    parts += [for_markdown(sentence) for sentence in sweep_sentences(sweep)]
    for title, rows in _tables(sweep):
        if rows:
            columns = list(rows[0])
            escaped = [{column: for_markdown(row[column]) for column in columns} for row in rows]
            titles = [for_markdown(column) for column in columns]
            parts += [f"## {title}", as_markdown_table(titles, _retitled(escaped, columns, titles))]
    parts += [for_markdown(line) for line in other_metric_lines(sweep)]
    parts.append(f"Run `{sweep['run_id']}`.")
    return "\n\n".join(parts) + "\n"


def _tables(sweep: Mapping[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    if not sweep["metrics"]:
        return []
    metric = sweep["metrics"][0]
    return [
        ("Parameters", effect_rows(metric)),
        ("Values", level_rows(metric)),
        ("Combinations", combination_rows(metric, limit=50)),
    ]


def _retitled(rows: Sequence[Mapping[str, str]], columns: Sequence[str], titles: Sequence[str]) -> list[dict[str, str]]:
    return [{title: row[column] for column, title in zip(columns, titles, strict=True)} for row in rows]
