"""What can the standard suites tell? Measures every baseline and the embedded model on all of their cases.

    .venv/bin/python tests/benchmarks/suites.py

Takes a few minutes on two cores. Exit status 1 where on some suite the best baseline or the model lies outside the
bounds between which a suite can show that a candidate is better or worse. `docs/suites.md` keeps the figures.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deployments.helper_process import start_embedded
from evaluation.baselines import BASELINES
from evaluation.benchmarks.rendering import render
from evaluation.benchmarks.suites import load_suite, standard_suites
from evaluation.case import Benchmark, Case
from evaluation.errors import CandidateFailureError
from evaluation.fingerprint import derived_seed
from evaluation.generation import Generation, GenerationRequest
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.parsing import parse_metric
from evaluation.model_info import ModelInfo
from evaluation.options import candidate_options, effective_options
from evaluation.providers.detection import connect
from evaluation.providers.provider import Provider
from evaluation.scores import Estimate, Measurement
from evaluation.scoring.candidate_scoring import asks
from evaluation.stats.estimate import corpus_estimate, mean_estimate
from evaluation.stats.paired import paired_difference

MODEL = "smollm2:135m"
LOWEST, HIGHEST = 0.05, 0.9
"""Outside, there is too little room below or above for a difference to show."""
LARGEST_CONTROL_SHARE = 0.5
"""Of the references' own value, what the references of other cases may reach."""
SLOTS = 2
SEED = 0
POWER_FACTOR = 2.876
"""(t.975 + t.8) with 39 degrees of freedom: standard errors that a true difference needs to be shown in 4 of 5 runs."""
REFERENCES, SHUFFLED = "the references", "references, shuffled"
HIGHEST_BY_UNIT = {"fraction": 1.0, "percent": 100.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One candidate on one suite."""

    candidate: str
    estimates: Mapping[str, Estimate]
    """By the metric's name."""
    headline_values: tuple[float, ...]
    """Of each case, in the suite's order."""
    n_own_failures: int = 0
    """Cases without an answer by the candidate's own fault."""
    seconds: float = 0.0


def main() -> int:
    """The exit status: 0 where every suite that can be measured is within bounds."""
    arguments = _arguments()
    measurable = [load_suite(name) for name in arguments.suite or standard_suites()]
    for suite in list(measurable):
        if any(asks(parse_metric(text)) for text in suite.metrics):
            print(f"{suite.name}: not measured here; `benchwright evaluate` runs its programs in the sandbox\n")
            measurable.remove(suite)
    with start_embedded(slots=SLOTS, baselines_only=arguments.baselines_only) as helper:
        within = asyncio.run(_measure_all(helper.url, measurable))
    return 0 if within else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what the standard suites can tell.")
    parser.add_argument("--suite", action="append", choices=standard_suites(), help="this suite only; repeatable")
    parser.add_argument("--baselines-only", action="store_true", help="leave the language model out")
    return parser.parse_args()


async def _measure_all(url: str, suites: Sequence[Benchmark]) -> bool:
    """True where all suites are within bounds and their controls behave."""
    provider = await connect(url)
    within = True
    async with provider:
        known = {model.name: model for model in await provider.models()}
        asked = [_as_served(name, known) for name in BASELINES]
        if MODEL in known:
            asked.append(MODEL)
            print(f"{MODEL}: digest {known[MODEL].digest}\n")
        else:
            print(f"{MODEL} is not measured: the packages of the embedded model are not installed, or were left out\n")
        for suite in suites:
            results = [await _asked(provider, await provider.show(name), suite) for name in asked]
            within = _report(suite, results) and within
    return within


def _as_served(name: str, known: Mapping[str, ModelInfo]) -> str:
    return name if name in known else f"{name}:latest"


async def _asked(provider: Provider, model: ModelInfo, suite: Benchmark) -> Result:
    """A candidate's result after all cases were answered, as many at once as the server has slots."""
    options = effective_options(candidate_options({}), benchmark=suite.options, model=model.parameters)
    gate = asyncio.Semaphore(SLOTS)
    started = time.monotonic()

    async def answer(case: Case) -> Generation:
        request = GenerationRequest(
            model=model.name,
            messages=render(suite, case),
            options={**options, "seed": derived_seed(SEED, case.case_id, 0)},
        )
        async with gate:
            try:
                return await provider.generate(request)
            except CandidateFailureError as error:
                return Generation(text=error.text, answer="", own_failure=error.kind, message=error.message)

    generations = await asyncio.gather(*(answer(case) for case in suite.cases))
    scored = _scored(suite, model.name.removesuffix(":latest"), generations)
    return replace(scored, seconds=time.monotonic() - started)


def _scored(suite: Benchmark, candidate: str, generations: Sequence[Generation]) -> Result:
    rows: dict[str, list[Measurement]] = {}
    estimates: dict[str, Estimate] = {}
    for metric in map(parse_metric, suite.metrics):
        rows[metric.name] = list(_measured(metric, suite, generations))
        estimates[metric.name] = _estimate(metric, rows[metric.name])
    return Result(
        candidate=candidate,
        estimates=estimates,
        headline_values=tuple(row.value for row in rows[suite.headline]),
        n_own_failures=sum(generation.own_failure is not None for generation in generations),
    )


def _measured(metric: Metric, suite: Benchmark, generations: Sequence[Generation]) -> Iterator[Measurement]:
    for case, generation in zip(suite.cases, generations, strict=True):
        measurement = metric.measure(case, (generation,), {})
        if measurement is None:
            raise SystemExit(f"{suite.name}: {metric.name} has no value for case {case.case_id!r}")
        yield measurement


def _estimate(metric: Metric, rows: Sequence[Measurement]) -> Estimate:
    """As a run has it: the interval cut to values that the metric can take."""
    if isinstance(metric, CorpusMetric):
        estimate = corpus_estimate(rows, metric.aggregate, rng=np.random.default_rng(SEED))
    else:
        estimate = mean_estimate([row.value for row in rows])
    if estimate.low is None or estimate.high is None:
        return estimate
    return replace(estimate, low=max(0.0, estimate.low), high=min(HIGHEST_BY_UNIT[metric.unit], estimate.high))


def _control(suite: Benchmark, *, shuffled: bool) -> Result:
    """The first reference of each case as its answer, or that of another case."""
    order = _derangement(len(suite.cases), np.random.default_rng(SEED)) if shuffled else range(len(suite.cases))
    answers = [suite.cases[place].references[0] for place in order]
    generations = [Generation(text=answer, answer=answer) for answer in answers]
    return _scored(suite, SHUFFLED if shuffled else REFERENCES, generations)


def _derangement(n: int, rng: np.random.Generator) -> list[int]:
    """An order of `n` places in which none is its own."""
    while True:
        order = rng.permutation(n)
        if not (order == np.arange(n)).any():
            return [int(place) for place in order]


def _report(suite: Benchmark, results: Sequence[Result]) -> bool:
    """True where the suite can tell; its table and its findings are printed."""
    references, shuffled = _control(suite, shuffled=False), _control(suite, shuffled=True)
    ranked = sorted(results, key=lambda result: -result.estimates[suite.headline].value)
    _print_table(suite, [references, *ranked, shuffled])
    best = next(result for result in ranked if result.candidate != MODEL)
    model = next((result for result in ranked if result.candidate == MODEL), None)
    good = [_within_bounds(suite, result) for result in (best, model) if result is not None]
    good.append(_control_is_lower(suite, references, shuffled))
    if model is not None:
        _print_difference(suite, model, best)
    print()
    return all(good)


def _print_table(suite: Benchmark, results: Sequence[Result]) -> None:
    rest = [parse_metric(text).name for text in suite.metrics]
    rest.remove(suite.headline)
    print(f"{suite.name} ({len(suite.cases)} cases)")
    print(f"  {'candidate':24} {suite.headline + ' [95 %]':>24}" + "".join(f"{name:>14}" for name in rest))
    for result in results:
        values = "".join(f"{result.estimates[name].value:14.3f}" for name in rest)
        note = f"  {result.n_own_failures} without an answer" if result.n_own_failures else ""
        print(f"  {result.candidate:24} {_shown(result.estimates[suite.headline]):>24}{values}{note}")


def _shown(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _within_bounds(suite: Benchmark, result: Result) -> bool:
    value = result.estimates[suite.headline].value
    within = LOWEST < value < HIGHEST
    print(f"  {'ok ' if within else 'OUT'} {result.candidate} {value:.3f} between {LOWEST} and {HIGHEST}")
    return within


def _control_is_lower(suite: Benchmark, references: Result, shuffled: Result) -> bool:
    """True where every reference is right for its own case and far from it for another."""
    control = shuffled.estimates[suite.headline].value
    lower = min(references.headline_values) > 1 - 1e-9 and control < LARGEST_CONTROL_SHARE
    print(f"  {'ok ' if lower else 'OUT'} every reference 1 for its own case, {control:.3f} for others")
    return lower


def _print_difference(suite: Benchmark, model: Result, best: Result) -> None:
    """How far apart the two are, and how far apart two candidates like them must be for these cases to show it."""
    found = paired_difference(model.headline_values, best.headline_values, rng=np.random.default_rng(SEED))
    differences = np.subtract(model.headline_values, best.headline_values)
    needed = POWER_FACTOR * float(differences.std(ddof=1)) / len(differences) ** 0.5
    interval = "" if found.low is None or found.high is None else f" [{found.low:+.3f}, {found.high:+.3f}]"
    print(f"      {model.candidate} less {best.candidate}: {found.difference:+.3f}{interval}, p = {found.p_value:.3f}")
    print(f"      a true difference of {needed:.2f} would be shown in 4 of 5 runs; took {model.seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
