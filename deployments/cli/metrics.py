"""The `benchwright metrics` commands: available metrics, and what the values of each mean."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import JsonOption
from deployments.cli.completion import metric_names
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_details, print_line, print_table
from evaluation.class_docs import docstring, option_docs
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json as results_as_json
from evaluation.results.catalogue_entries import MetricDetails, MetricFacts, MetricOption

if TYPE_CHECKING:
    from evaluation.metrics.metric import Metric

metrics = typer.Typer(no_args_is_help=True, help="Metrics: list, show.")


@metrics.command("list")
def list_metrics(as_json: JsonOption = False) -> None:
    """List every metric by family: unit, range, which values are better, and what it needs."""
    metric_facts = available_metrics()
    if as_json:
        print_json([results_as_json(facts) for facts in metric_facts])
    else:
        _print_families(metric_facts)


def available_metrics() -> list[MetricFacts]:
    """Return every available metric, ours first; the problems of packages whose metrics are not are reported."""
    metric_types, broken = _available()
    for problem in broken:
        print_status(problem)
    return [_facts_of(metric) for metric in metric_types]


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


def _facts_of(metric: type["Metric"]) -> MetricFacts:
    from evaluation.metrics.descriptions import family_of, summary

    low, high = metric.value_range
    return MetricFacts(
        name=metric.name,
        family=family_of(metric.name),
        unit=metric.unit,
        value_range=(low if isfinite(low) else None, high if isfinite(high) else None),
        higher_is_better=metric.higher_is_better,
        needs=tuple(str(need) for need in sorted(metric.needs)),
        summary=summary(metric),
    )


def _print_families(metric_facts: Sequence[MetricFacts]) -> None:
    from evaluation.metrics.descriptions import FAMILIES, OTHERS

    for family in (*FAMILIES, OTHERS):
        of_family = [facts for facts in metric_facts if facts.family == family]
        if of_family:
            print_line(family.upper())
            print_table(
                ("metric", "unit", "range", "better", "needs", "what it is"),
                [
                    (
                        facts.name,
                        facts.unit,
                        _range(facts.value_range),
                        _better(facts.higher_is_better),
                        facts.needs,
                        facts.summary,
                    )
                    for facts in of_family
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
    details = metric_details(name)
    if as_json:
        print_json(results_as_json(details))
        return
    _print_details(details)
    if details.options:
        print_line()
        print_line("options")
        print_details({f"  {option.name}": f"{option.type}\n{option.meaning}".rstrip() for option in details.options})
    print_line()
    print_line(details.docstring)


def _print_details(details: MetricDetails) -> None:
    facts, repeats = details.facts, details.repeats_needed
    print_details(
        {
            "metric": facts.name,
            "family": facts.family,
            "formula": details.formula,
            "unit": facts.unit,
            "range": _range(facts.value_range),
            "better": _better(facts.higher_is_better),
            "chance": None if details.chance_level is None else f"{details.chance_level:g}",
            "needs": facts.needs,
            "repeats": f"each case asked {repeats} times or more" if repeats > 1 else None,
            "source": details.source,
            "blind spots": details.blind_spots,
            "signature": details.signature,
        }
    )


def metric_details(text: str) -> MetricDetails:
    """Return a metric with all its details; its signature where every required option is given.

    Raises:
        BenchwrightError: there is no such metric, or an option is wrong.
    """
    from evaluation.metrics.parsing import class_named, metric_options, parse_metric

    kind = class_named(text)
    metric = None
    try:
        metric = parse_metric(text)
    except ConfigurationError:
        if "(" in text:
            raise
    meanings = option_docs(kind)
    needs = sorted(metric.asks_for if metric is not None else kind.needs)
    return MetricDetails(
        facts=replace(_facts_of(kind), needs=tuple(map(str, needs))),
        formula=kind.formula or None,
        source=kind.source or None,
        blind_spots=kind.blind_spots or None,
        chance_level=kind.chance_level,
        repeats_needed=metric.n_repeats_needed if metric is not None else 1,
        scorer_version=kind.scorer_version,
        signature=metric.signature if metric is not None else None,
        options=tuple(
            MetricOption(name=name, type=words, meaning=meanings.get(name, ""))
            for name, words in metric_options(kind).items()
        ),
        docstring=docstring(kind),
    )
