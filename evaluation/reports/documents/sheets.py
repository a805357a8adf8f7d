"""Tables of typed values for Excel: numbers unrounded, with their intervals beside them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from evaluation.exports.filters import Filters
from evaluation.exports.source import Kind, Source
from evaluation.exports.tables import table_of
from evaluation.reports.documents.report import Sheet
from evaluation.results.as_json import as_json
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.experiments import ExperimentResult, ExperimentRun
from evaluation.results.frames import TEXT, columns_of, row_of
from evaluation.results.pairs import PairResult
from evaluation.results.races import Race, RaceDecision, RacePlace
from evaluation.results.runs import Alarm, CandidateResult, RunResult
from evaluation.results.sweeps import EffectResult, SweepResult
from evaluation.store.session import Store
from evaluation.sweeps.findings import CombinationScore

_NO_FILTER = Filters(candidates=(), metrics=(), cases=(), failed=None)


def run_sheets(store: Store, runs: Sequence[RunResult], compared: Sequence[ComparisonResult]) -> list[Sheet]:
    """Return the tables of runs: results, pairs, candidates, alarms, answers and stages.

    Args:
        store: Where the answers are.
        runs: The runs.
        compared: Comparisons whose pairs are shown.
    """
    source = Source(name="runs", run_ids=tuple(run.run_id for run in runs))
    candidates = [(run, candidate) for run in runs for candidate in run.candidates]
    alarms = [(run, alarm) for run in runs for alarm in run.alarms]
    stages = [_exported(store, source, Kind.STAGES)] if any(each.stages for _, each in candidates) else []
    return [
        _exported(store, source, Kind.RESULTS),
        *pair_sheets(compared),
        _of_fields("candidates", CandidateResult, candidates, further=("options",)),
        *([_of_fields("alarms", Alarm, alarms)] if alarms else []),
        _exported(store, source, Kind.ANSWERS),
        *stages,
    ]


def pair_sheets(compared: Sequence[ComparisonResult]) -> list[Sheet]:
    """Return the table of all pairs on all metrics; none without pairs."""
    if not any(each.pairs for each in compared):
        return []
    columns = columns_of(PairResult, rest=TEXT)
    rows = [
        {"comparison_id": each.comparison_id, "benchmark": each.benchmark, **_plain(row_of(pair, columns))}
        for each in compared
        for pair in each.pairs
    ]
    return [_written("pairs", ("comparison_id", "benchmark", *columns), rows)]


def race_sheets(race: Race) -> list[Sheet]:
    """Return the ranking and the decisions of a race."""
    ranking, decisions = columns_of(RacePlace), columns_of(RaceDecision)
    return [
        _written("ranking", tuple(ranking), [_plain(row_of(place, ranking)) for place in race.outcome.ranking]),
        _written("decisions", tuple(decisions), [_plain(row_of(each, decisions)) for each in race.decisions]),
    ]


def sweep_sheets(sweep: SweepResult) -> list[Sheet]:
    """Return the effects of the parameters, and all combinations."""
    effects, numbers = columns_of(EffectResult), columns_of(CombinationScore)
    parameters = tuple(f"parameter {name}" for name in sweep.parameters)
    return [
        _written(
            "effects",
            ("metric", *effects),
            [{"metric": m.metric, **_plain(row_of(effect, effects))} for m in sweep.metrics for effect in m.effects],
        ),
        _written(
            "combinations",
            ("metric", *parameters, *numbers),
            [
                {
                    "metric": metric.metric,
                    **_plain({f"parameter {name}": value for name, value in each.combination.items()}),
                    **_plain(row_of(each, numbers)),
                }
                for metric in sweep.metrics
                for each in metric.combinations
            ],
        ),
    ]


def experiment_sheets(result: ExperimentResult) -> list[Sheet]:
    """Return the runs of an experiment, and what its comparisons found."""
    own = columns_of(ExperimentRun, leaving_out=("highest",), rest=TEXT)
    columns = ("comparison_id", "benchmark", "run_ids", "sentence", "created_at")
    return [
        _written("runs", tuple(own), [_plain(row_of(run, own)) for run in result.runs]),
        _written("comparisons", columns, [_plain(row_of(each, columns)) for each in result.comparisons]),
    ]


def _exported(store: Store, source: Source, kind: Kind) -> Sheet:
    """Return what `benchwright export --table KIND` writes."""
    columns = table_of(store, source, kind, _NO_FILTER).columns

    def rows() -> Iterable[Mapping[str, object]]:
        return table_of(store, source, kind, _NO_FILTER).rows

    return Sheet(name=kind.value, columns=columns, rows=rows)


def _of_fields(
    name: str, described: type, results: Sequence[tuple[RunResult, object]], *, further: tuple[str, ...] = ()
) -> Sheet:
    """Return results of runs with the fields that hold one value each."""
    columns = (*columns_of(described), *further)
    rows = [{"run_id": run.run_id, **_plain(row_of(result, columns))} for run, result in results]
    return _written(name, ("run_id", *columns), rows)


def _written(name: str, columns: tuple[str, ...], rows: Sequence[Mapping[str, object]]) -> Sheet:
    return Sheet(name=name, columns=columns, rows=partial(_iterated, rows))


def _iterated(rows: Sequence[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    return iter(rows)


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """Return the values as cells hold them: results and sequences as what their JSON holds."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: object) -> object:
    if value is None or isinstance(value, str | int | float) or hasattr(value, "isoformat"):
        return value
    return as_json(value)
