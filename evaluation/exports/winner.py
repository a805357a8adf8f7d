"""The winner of a run for other programs: which candidate it is, and the evidence for it.

A winner is the candidate that the own verdict of a run supports: of its race, else of `benchwright compare RUN`. Where
nothing is shown there is none, and a candidate is exported only by its name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.candidate_files.configuration import Call, CandidateExport, configuration_of, with_documents
from evaluation.comparisons.run_verdict import headline_comparison, race_outcome
from evaluation.comparisons.sentences import leading_sentences
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted, listed
from evaluation.records.status import Status
from evaluation.results.estimates import shown_estimate
from evaluation.results.races import RaceOutcomeResult
from evaluation.results.runs import CandidateResult, RunResult
from evaluation.run_results.ranking import ranked
from evaluation.run_results.run_result import run_result
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.registry import find_candidate, find_endpoint
from evaluation.store.session import Store

_ALL_RUNS = "See `benchwright runs list`."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    winner: str | None
    """Fingerprint of the winner; None if no candidate is shown to be the best."""
    sentences: tuple[str, ...]


def winner_of_run(store: Store, run: str, *, label: str | None = None) -> CandidateExport:
    """Return the winner of a finished run with its evidence, or the candidate of that label.

    Args:
        store: The store.
        run: The run's id, the beginning of one, or `last`.
        label: Export this candidate, whether or not it is shown to be the best.

    Raises:
        UnknownNameError: no such run, or no such candidate in it.
        ConfigurationError: the run is not finished, or no candidate is shown to be the best.
    """
    result = run_result(store, run)
    _refuse_unfinished(result)
    named = None if label is None else result.candidate(label)
    verdict = _verdict(store, result)
    return _export(store, result, named or _shown_to_be_best(result, verdict), verdict)


def _refuse_unfinished(run: RunResult) -> None:
    if run.status is not Status.COMPLETED:
        raise ConfigurationError(
            f"run {run.run_id} is {run.status}: it has no winner before all of its cases are answered",
            f"`benchwright evaluate --resume {run.run_id}` asks what is missing.",
        )
    if not run.candidates:
        raise ConfigurationError(f"run {run.run_id} has no candidates", _ALL_RUNS)


def _verdict(store: Store, run: RunResult) -> _Verdict:
    outcome = race_outcome(store, run.invocation_id)
    if isinstance(outcome, RaceOutcomeResult):
        winner = None if outcome.winner is None else outcome.ranking[0].fingerprint
        return _Verdict(winner=winner, sentences=(f"race: {outcome.sentence}",))
    if len(run.candidates) < 2:
        return _Verdict(winner=None, sentences=("it was compared with no other candidate",))
    comparison = headline_comparison(store, run.run_id)
    if comparison is None or comparison.headline is None:
        return _Verdict(winner=None, sentences=("its candidates have no case in common",))
    winner = next((side.key for side in comparison.sides if side.label == comparison.winner), None)
    return _Verdict(winner=winner, sentences=tuple(leading_sentences(comparison)))


def _shown_to_be_best(run: RunResult, verdict: _Verdict) -> CandidateResult:
    for candidate in run.candidates:
        if candidate.fingerprint == verdict.winner:
            return candidate
    best = ranked(run)[0]
    labels = listed([repr(candidate.label) for candidate in ranked(run)], at_most=5)
    raise ConfigurationError(
        f"no candidate of run {run.run_id} is shown to be the best: {' '.join(verdict.sentences)}",
        f"Name the one to export: --candidate {best.label!r} has the best {run.headline}; there are {labels}.",
    )


def _export(store: Store, run: RunResult, chosen: CandidateResult, verdict: _Verdict) -> CandidateExport:
    candidate = find_candidate(store, chosen.fingerprint)
    if candidate is None:
        raise ConfigurationError(f"candidate {chosen.label!r} is not stored any more", _ALL_RUNS)
    benchmark = load_benchmark_version(store, run.benchmark_version, run.benchmark, case_ids=())
    endpoint = find_endpoint(store, chosen.endpoint)
    return CandidateExport(
        configuration=with_documents(configuration_of(candidate)),
        label=chosen.label,
        fingerprint=candidate.fingerprint,
        evidence=_evidence(run, chosen, verdict),
        call=Call(
            provider=chosen.provider,
            url=chosen.endpoint_url,
            options=chosen.options,
            prompt=benchmark.prompt,
            key_variable=None if endpoint is None else endpoint.key_variable,
        ),
    )


def _evidence(run: RunResult, chosen: CandidateResult, verdict: _Verdict) -> Mapping[str, str]:
    """Return what was measured, as texts without addresses."""
    is_winner = chosen.fingerprint == verdict.winner
    sentences = " ".join(verdict.sentences)
    alarms = [alarm.message for alarm in run.alarms if alarm.candidate in (None, chosen.label)]
    evidence = {
        "verdict": sentences if is_winner else f"chosen by name, and not shown to be the best: {sentences}",
        run.headline: f"{shown_estimate(chosen.metrics.get(run.headline))}, {_cases(run, chosen)}",
        "benchmark": f"{run.benchmark}, version {run.benchmark_version}",
        "run": f"{run.run_id}, {'' if run.finished_at is None else run.finished_at.date().isoformat()}, "
        f"seed {run.seed}, measured by Benchwright {run.code_version}",
        "weights": chosen.digest or "unverified: the server gives no digest",
        "server": f"{chosen.provider} {chosen.server_version or 'of unknown version'}",
        "asked with": json.dumps(dict(chosen.options), ensure_ascii=False),
    }
    return evidence | ({"warnings": " ".join(alarms)} if alarms else {})


def _cases(run: RunResult, chosen: CandidateResult) -> str:
    repeats = f", each asked {run.n_repeats} times" if run.n_repeats > 1 else ""
    failed = f", {counted(chosen.n_failed, 'failure')} of the server" if chosen.n_failed else ""
    return counted(run.n_cases, "case") + repeats + failed
