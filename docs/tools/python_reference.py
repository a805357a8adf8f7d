"""`python docs/tools/python_reference.py`: writes `docs/python-reference.md` from signatures and docstrings.

griffe, on which mkdocstrings is built, reads the docstrings: those of functions in Google's style, and the strings
under the fields of classes, which Python itself does not keep.
"""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import griffe

import evaluation
import selection
from deployments.python.documented import description_of
from deployments.python.options import EvaluationOptions, options_of

PAGE = Path(__file__).parents[1] / "python-reference.md"
INTRODUCTION = """\
# Python reference

Every public function, result and error of `evaluation` and `selection`. This page is written from their docstrings by
`docs/tools/python_reference.py`; [Python](python.md) is the guide.
"""
FUNCTIONS = {
    "Evaluate, compare, race, sweep": (
        "evaluate", "forecast", "compare", "forecast_compare", "compare_unpaired", "compare_history", "race",
        "forecast_race", "sweep", "forecast_sweep", "score", "monitor", "agree",
    ),
    "What is stored": (
        "runs", "load_run", "load_case", "load_cases", "load_scores", "load_stages", "list_comparisons",
        "load_comparison", "load_race", "load_sweep", "load_cascades", "list_experiments", "load_experiment",
        "diff_runs", "load_timeline", "load_breakdown", "load_correlations",
        "list_reviews", "load_review", "load_traffic", "load_alerts",
    ),
    "What there is to use": (
        "list_benchmarks", "load_benchmark", "list_metrics", "load_metric", "list_models", "list_endpoints",
        "list_profiles", "list_pipelines", "load_pipeline",
    ),
    "Files, notes and changes": (
        "export", "report", "load_candidate", "annotate", "tag_run", "create_experiment", "add_to_experiment",
        "add_benchmark", "write_benchmark",
        "acknowledge_alert",
    ),
}  # fmt: skip
"""Functions of `evaluation`, by heading; the coroutine of a function stands with it."""
OF_SELECTION = (
    "create_policy", "list_policies", "load_policy", "edit_policy", "renew_policy", "end_policy", "explore_policy",
    "shadow_policy", "load_trial", "stop_trial", "watch_upgrades", "list_upgrades", "load_upgrade", "accept_upgrade",
    "decline_upgrade", "grade_traffic",
    "recommend", "explain", "rank", "report_outcome", "flush", "retrain", "load_scoreboard", "load_recommendations",
    "load_models", "promote", "rollback", "analyse", "route", "cost_quality", "cheapest_share",
)  # fmt: skip
RESULTS = (
    "evaluation.results.progress:Progress",
    "evaluation.results.progress:ServerWait",
    "evaluation.forecasts.costs:Forecast",
    "evaluation.forecasts.search_forecasts:EvaluationForecast",
    "evaluation.forecasts.search_forecasts:ComparisonForecast",
    "evaluation.results.planned_comparisons:PlannedComparison",
    "evaluation.results.planned_comparisons:PlannedEvaluation",
    "evaluation.forecasts.search_forecasts:RaceForecast",
    "evaluation.races.cost_bounds:RaceBounds",
    "evaluation.forecasts.search_forecasts:SweepForecast",
    "evaluation.results.runs:InvocationResult",
    "evaluation.results.runs:RunResult",
    "evaluation.results.runs:CandidateResult",
    "evaluation.results.stages:StageTotal",
    "evaluation.results.runs:MetricResult",
    "evaluation.results.runs:MetricMean",
    "evaluation.results.estimates:MetricEstimate",
    "evaluation.results.runs:Alarm",
    "evaluation.results.listings:ComparisonList",
    "evaluation.results.comparisons:ComparisonResult",
    "evaluation.results.comparisons:MetricComparisonResult",
    "evaluation.results.pairs:PairResult",
    "evaluation.results.sides:SideResult",
    "evaluation.results.unpaired:UnpairedComparisonResult",
    "evaluation.results.unpaired:UnpairedPairResult",
    "evaluation.stats.unpaired_power:CasesNeeded",
    "evaluation.results.races:RaceResult",
    "evaluation.results.races:Race",
    "evaluation.results.races:RaceOutcomeResult",
    "evaluation.results.races:RacePlace",
    "evaluation.results.sweeps:SweepResult",
    "evaluation.results.sweeps:SweptMetric",
    "evaluation.results.sweeps:EffectResult",
    "evaluation.sweeps.findings:CombinationScore",
    "evaluation.results.cascade_curves:CascadeResult",
    "evaluation.results.cascade_curves:CascadeCurve",
    "evaluation.results.cascade_curves:CascadePoint",
    "evaluation.results.cascade_curves:CascadeFigures",
    "evaluation.results.cascade_curves:CascadeChoice",
    "evaluation.results.cases:CaseResult",
    "evaluation.candidate_files.reading:LoadedCandidate",
    "evaluation.candidate_files.configuration:CandidateConfiguration",
    "evaluation.candidate_files.configuration:OtherModel",
    "evaluation.results.listings:RunList",
    "evaluation.records.runs:RunSummary",
    "evaluation.results.listings:CaseList",
    "evaluation.results.listings:CaseRow",
    "evaluation.results.listings:ScoreCell",
    "evaluation.results.listings:ScoreList",
    "evaluation.results.listings:ScoreRow",
    "evaluation.results.listings:StageList",
    "evaluation.results.listings:StageRow",
    "evaluation.results.listings:PairHistoryList",
    "evaluation.results.comparisons:PairHistoryResult",
    "evaluation.results.catalogues:StoredComparisonList",
    "evaluation.records.experiments:ComparisonSummary",
    "evaluation.results.catalogues:ExperimentList",
    "evaluation.results.experiments:ExperimentFacts",
    "evaluation.results.experiments:ExperimentResult",
    "evaluation.results.experiments:ExperimentRun",
    "evaluation.results.experiments:RunDiff",
    "evaluation.results.experiments:CandidateDiff",
    "evaluation.results.catalogues:ReviewList",
    "evaluation.records.reviews:ReviewSummary",
    "evaluation.results.reviews:ReviewResult",
    "evaluation.results.reviews:OpenReviewResult",
    "evaluation.results.catalogues:BenchmarkList",
    "evaluation.results.catalogue_entries:BenchmarkFacts",
    "evaluation.results.catalogues:BenchmarkResult",
    "evaluation.results.written_suites:WrittenSuite",
    "evaluation.results.written_suites:DroppedDraft",
    "evaluation.results.catalogues:MetricList",
    "evaluation.results.catalogue_entries:MetricFacts",
    "evaluation.results.catalogue_entries:MetricDetails",
    "evaluation.results.catalogues:ModelList",
    "evaluation.records.candidates:ModelRecord",
    "evaluation.results.catalogues:EndpointList",
    "evaluation.records.candidates:EndpointRecord",
    "evaluation.results.catalogues:ProfileList",
    "evaluation.results.catalogue_entries:ProfileFacts",
    "evaluation.results.catalogue_entries:TaggedRun",
    "evaluation.servers.agreement:Agreement",
    "evaluation.servers.agreement:Between",
    "evaluation.servers.agreement:Within",
    "evaluation.results.monitoring:MonitorResult",
    "evaluation.results.monitoring:OpenAlertResult",
    "evaluation.results.monitoring:SeriesResult",
    "evaluation.results.monitoring:PointResult",
    "evaluation.results.listings:TrafficList",
    "evaluation.records.traffic_calls:TrafficCall",
    "evaluation.results.listings:AlertList",
    "evaluation.records.alerts:AlertRecord",
    "evaluation.records.alerts:Change",
    "selection.answers:Recommendation",
    "selection.scoreboard:Scoreboard",
    "evaluation.results.catalogues:RecommendationList",
    "evaluation.results.catalogues:SelectionModelList",
    "selection.preferences:Constraints",
    "selection.preferences:Weights",
    "selection.retraining:Retraining",
    "selection.retraining:TrainingReport",
    "selection.retraining:TaskReport",
    "selection.retraining:HeldOutReport",
    "selection.retraining:GainResult",
    "selection.retraining:CapKept",
)
ERRORS = (
    "BenchwrightError", "ConfigurationError", "UnknownNameError", "BenchmarkError", "IncomparableError", "StoreError",
    "SandboxError", "ProviderError", "SelectionError", "RunFailedError", "CheckFailedError", "RunInterrupted",
)  # fmt: skip
FRAMES = "evaluation.results.frames"
OPTIONS_TEXT = """\
`evaluate`, `compare`, `race` and `sweep` take these as keywords, beside their own; all may be left out.
"""


def render() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, names in FUNCTIONS.items():
        parts.append(f"## {title}\n")
        parts += [part for name in names for part in function_parts(evaluation, name)]
        if title == next(iter(FUNCTIONS)):
            parts += ["### Options of an evaluation\n", OPTIONS_TEXT, _table(_option_rows(EvaluationOptions))]
    parts += ["## Selection\n", "From `selection`.\n"]
    parts += [part for name in OF_SELECTION for part in function_parts(selection, name)]
    parts += ["## Results\n", *(part for place in RESULTS for part in class_parts(place))]
    parts += ["## Frames\n", *_module_parts(FRAMES)]
    parts += [
        "## Errors\n",
        "From `evaluation.errors`; `print(error.next_step)` shows what helps.\n",
        _table(_errors()),
    ]
    return "\n".join(parts)


def function_parts(package: Any, name: str) -> Iterator[str]:
    """Yield what stands on the page of a function."""
    function = getattr(package, name)
    sections = griffe.Docstring(inspect.getdoc(function) or "", lineno=1).parse("google", warnings=False)
    yield f"### {name}\n"
    yield f"```python\n{_signature(function)}\n```\n"
    asynchronous = getattr(package, f"{name}_async", None)
    for section in sections:
        if section.kind is griffe.DocstringSectionKind.text:
            yield _paragraphs(section.value)
        elif section.kind is griffe.DocstringSectionKind.parameters:
            yield from _parameters(function, section.value)
        elif section.kind is griffe.DocstringSectionKind.raises:
            rows = [[f"`{each.annotation}`", _in_a_line(each.description)] for each in section.value]
            yield _table([["raises", "when"], *rows])
    if asynchronous is not None:
        yield f"`await {name}_async(…)` is the same as a coroutine. {_rest_of_summary(asynchronous)}".rstrip() + "\n"


def _rest_of_summary(function: Callable[..., Any]) -> str:
    """Return the docstring's first line behind what it has in common with the function that is no coroutine."""
    summary = (inspect.getdoc(function) or "").split("\n")[0]
    _, mark, rest = summary.partition("; ")
    return f"{rest[:1].upper()}{rest[1:]}" if mark else ""


def _signature(function: Callable[..., Any]) -> str:
    """Return `evaluate(*, benchmark=None, …) -> InvocationResult`: names and defaults; types stand in the table."""
    signature = inspect.signature(function)
    common = _common(function)
    shown: list[str] = []
    is_keyword = False
    for name, each in signature.parameters.items():
        if name in common:
            continue
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not is_keyword:
            is_keyword = True
            shown += [] if any(part.startswith("*") for part in shown) else ["*"]
        star = "*" if each.kind is inspect.Parameter.VAR_POSITIONAL else ""
        shown.append(f"{star}{name}" + ("" if each.default is each.empty else f"={_default(each.default)}"))
    text = ", ".join([*shown, *(["**options_of_an_evaluation"] if common else [])])
    one_line = f"{function.__name__}({text}) -> {_type(signature.return_annotation)}"
    if len(one_line) <= 120:
        return one_line
    wrapped = textwrap.fill(text, width=116, break_long_words=False, break_on_hyphens=False)
    return f"{function.__name__}(\n{textwrap.indent(wrapped, '    ')}\n) -> {_type(signature.return_annotation)}"


def _default(value: object) -> str:
    """Return the default as one would write it; of an instance the name of its class."""
    text = repr(value)
    return text if len(text) < 30 and "object at" not in text else f"{type(value).__name__}()"


def _common(function: Callable[..., Any]) -> set[str]:
    """Return the options that stand in the table of all evaluations."""
    names = inspect.signature(function).parameters.keys()
    common = options_of(EvaluationOptions).keys()
    return set(common) if common <= set(names) else set()


def _parameters(function: Callable[..., Any], parameters: Sequence[Any]) -> Iterator[str]:
    common, signature = _common(function), inspect.signature(function)
    rows = [
        [f"`{each.name}`", f"`{_type(signature.parameters[each.name].annotation)}`", _in_a_line(each.description)]
        for each in parameters
        if each.name not in common
    ]
    if rows:
        yield _table([["argument", "type", "what it is"], *rows])
    if common:
        yield f"{'And the' if rows else 'The'} [options of an evaluation](#options-of-an-evaluation).\n"


def _option_rows(options: type) -> list[list[str]]:
    rows = [
        [f"`{name}`", f"`{_type(hint.__args__[0] if hasattr(hint, '__metadata__') else hint)}`", description_of(hint)]
        for name, hint in options_of(options).items()
    ]
    return [["option", "type", "what it is"], *rows]


def _type(annotation: Any) -> str:
    """Return a type as one would write it, without the modules that it stands in."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"Optional\[(Literal\[[^\]]*\])\]", r"\1 | None", text)
    without_modules = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", text)
    without_modules = re.sub(r"\bTexts\b", "str | Sequence[str]", without_modules)
    return without_modules if "Literal[" in without_modules else without_modules.replace("'", "")


def class_parts(place: str) -> Iterator[str]:
    """Yield what stands on the page of a result's type."""
    module, _, name = place.partition(":")
    described = getattr(import_module(module), name)
    yield f"### {name}\n"
    yield _paragraphs(inspect.getdoc(described) or "")
    rows = [["field", "type", "what it is"], *_field_rows(described)]
    if len(rows) > 1:
        yield _table(rows)
    methods = [["method", "what it is"], *_method_rows(described)]
    if len(methods) > 1:
        yield _table(methods)


def _field_rows(described: type) -> Iterator[list[str]]:
    names = [field.name for field in fields(described)] if is_dataclass(described) else ["runs"]
    for name in names:
        member = _member(described, name)
        if member is not None:
            said = member.docstring.value if member.docstring is not None else ""
            yield [f"`{name}`", f"`{_type(str(member.annotation))}`", _in_a_line(said)]
    for name, value in _own(described):
        if isinstance(value, property):
            yield [f"`{name}`", f"`{_type(inspect.signature(value.fget).return_annotation)}`", _summary(value)]  # type: ignore[arg-type]


def _method_rows(described: type) -> Iterator[list[str]]:
    for name, value in _own(described):
        if inspect.isfunction(value) and not name.startswith("_"):
            parameters = [each for each in inspect.signature(value).parameters if each != "self"]
            paragraphs = (inspect.getdoc(value) or "").split("\n\n")
            told = [part for part in paragraphs if not part.startswith(("Args:", "Raises:"))]
            yield [f"`{name}({', '.join(parameters)})`", _in_a_line(" ".join(told))]


def _own(described: type) -> Iterator[tuple[str, Any]]:
    """Public attributes of a class and of those of ours that it extends."""
    seen: set[str] = set()
    for base in described.__mro__:
        if base.__module__.split(".")[0] in ("evaluation", "selection"):
            for name, value in vars(base).items():
                if not name.startswith("_") and name not in seen:
                    seen.add(name)
                    yield name, value


def _member(described: type, name: str) -> Any:
    """Return what griffe knows of a field, of whichever class says it."""
    for base in described.__mro__:
        known = _module(base.__module__).members.get(base.__name__) if "." in base.__module__ else None
        if known is not None and name in known.members:
            return known.members[name]
    return None


@cache
def _module(name: str) -> Any:
    """Return what griffe reads of this file alone: to load its package takes two seconds, of which nothing is used."""
    path = Path(str(import_module(name).__file__))
    return griffe.visit(name, filepath=path, code=path.read_text(encoding="utf-8"))


def _summary(value: Any) -> str:
    return (inspect.getdoc(value) or "").split("\n")[0]


def _module_parts(name: str) -> Iterator[str]:
    yield inspect.getdoc(import_module(name)) or ""
    yield ""


def _errors() -> list[list[str]]:
    module = import_module("evaluation.errors")
    return [["error", "what it is"], *([f"`{name}`", _summary(getattr(module, name))] for name in ERRORS)]


def _paragraphs(text: str) -> str:
    """Return the text as Markdown; what is indented is code."""
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n".join(
        f"```python\n{textwrap.dedent(part)}\n```\n" if part.startswith("    ") else f"{part}\n" for part in parts
    )


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body, ""])


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
