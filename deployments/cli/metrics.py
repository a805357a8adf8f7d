"""The `benchwright metrics` commands: available metrics, and what the values of each mean."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import JsonOption
from deployments.cli.completion import metric_names
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_details, print_line, print_table
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from evaluation.metrics.metric import Metric

metrics = typer.Typer(no_args_is_help=True, help="Metrics: list, show.")


@metrics.command("list")
def list_metrics(as_json: JsonOption = False) -> None:
    """List every metric by family: unit, range, which values are better, and what it needs."""
    metric_types, broken = _available()
    for problem in broken:
        print_status(problem)
    if as_json:
        print_json([_in_short(metric) for metric in metric_types])
        return
    _print_families([_in_short(metric) for metric in metric_types])


def _available() -> tuple[list[type["Metric"]], list[str]]:
    """Return every available metric, ours first, and the problems of packages whose metrics are not."""
    from evaluation.metrics import METRICS
    from evaluation.metrics.third_party import third_party_metric, third_party_names

    metric_types, broken = list(METRICS.values()), []
    for name in third_party_names():
        try:
            metric = third_party_metric(name) if name not in METRICS else None
        except ConfigurationError as error:
            broken.append(error.message)
            continue
        metric_types += [metric] if metric is not None else []
    return metric_types, broken


def _in_short(metric: type["Metric"]) -> dict[str, Any]:
    from evaluation.metrics.descriptions import family_of, summary

    low, high = metric.value_range
    return {
        "name": metric.name,
        "family": family_of(metric.name),
        "unit": metric.unit,
        "range": [low if isfinite(low) else None, high if isfinite(high) else None],
        "higher_is_better": metric.higher_is_better,
        "needs": sorted(metric.needs),
        "summary": summary(metric),
    }


def _print_families(descriptions: Sequence[Mapping[str, Any]]) -> None:
    from evaluation.metrics.descriptions import FAMILIES, OTHERS

    for family in (*FAMILIES, OTHERS):
        of_family = [item for item in descriptions if item["family"] == family]
        if of_family:
            print_line(family.upper())
            print_table(
                ("metric", "unit", "range", "better", "needs", "what it is"),
                [
                    (
                        item["name"],
                        item["unit"],
                        _range(item["range"]),
                        _better(item["higher_is_better"]),
                        item["needs"],
                        item["summary"],
                    )
                    for item in of_family
                ],
            )


def _range(ends: Sequence[float | None]) -> str:
    low, high = ("∞" if end is None else f"{end:g}" for end in ends)
    return f"{'-∞' if ends[0] is None else low} to {high}"


def _better(higher: bool) -> str:
    return "higher" if higher else "lower"


@metrics.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            autocompletion=metric_names,
            help="A metric, optionally with options, or your own as path.py:Name.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Show what a metric computes, what it does not capture, and its options."""
    facts = _in_full(name)
    if as_json:
        print_json(facts)
        return
    _print_facts(facts)
    options = facts["options"]
    if options:
        print_line()
        print_line("options")
        print_details({f"  {option['name']}": _option_in_words(option) for option in options})
    print_line()
    print_line(facts["docstring"])


def _print_facts(facts: Mapping[str, Any]) -> None:
    repeats = facts["repeats_needed"]
    print_details(
        {
            "metric": facts["name"],
            "family": facts["family"],
            "formula": facts["formula"],
            "unit": facts["unit"],
            "range": _range(facts["range"]),
            "better": _better(facts["higher_is_better"]),
            "chance": None if facts["chance_level"] is None else f"{facts['chance_level']:g}",
            "needs": facts["needs"],
            "repeats": f"each case asked {repeats} times or more" if repeats > 1 else None,
            "source": facts["source"],
            "blind spots": facts["blind_spots"],
            "signature": facts["signature"],
        }
    )


def _option_in_words(option: Mapping[str, Any]) -> str:
    return f"{option['type']}\n{option['meaning']}".rstrip()


def _in_full(text: str) -> dict[str, Any]:
    """Return a metric with all its details; its signature where every required option is given."""
    from evaluation.metrics.descriptions import docstring, option_docs
    from evaluation.metrics.parsing import class_named, metric_options, parse_metric

    kind = class_named(text)
    metric = None
    try:
        metric = parse_metric(text)
    except ConfigurationError:
        if "(" in text:
            raise
    meanings = option_docs(kind)
    return {
        **_in_short(kind),
        "needs": sorted(metric.asks_for if metric is not None else kind.needs),
        "formula": kind.formula or None,
        "source": kind.source or None,
        "blind_spots": kind.blind_spots or None,
        "chance_level": kind.chance_level,
        "repeats_needed": metric.n_repeats_needed if metric is not None else 1,
        "scorer_version": kind.scorer_version,
        "signature": metric.signature if metric is not None else None,
        "options": [
            {"name": name, "type": words, "meaning": meanings.get(name, "")}
            for name, words in metric_options(kind).items()
        ],
        "docstring": docstring(kind),
    }
