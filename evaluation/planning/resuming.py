"""The request of a resumed invocation: everything it requested before, plus what its user adds."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.metric_specs import file_and_call, names_a_file, with_whole_path
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.third_party import MissingMetric
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunRecord
from evaluation.requests.case_levels import CASES_OF_LEVEL
from evaluation.requests.evaluation_request import EvaluationRequest, read_request
from evaluation.requests.run_share import may_work_beside
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.store.holders import held_error, living_holders
from evaluation.store.missing import count_missing
from evaluation.store.plans import find_invocation
from evaluation.store.runs import find_run, runs_of_invocation
from evaluation.store.session import Store
from evaluation.user_code.source_files import FROM_A_FILE


def metrics_for_resume(
    stored: Sequence[str], runs: Sequence[RunRecord], files: Sequence[str], *, may_go_on_without: bool
) -> list[str]:
    """Return the metrics with which to resume, each from the file where it was, or one with equal content.

    Args:
        stored: As they were requested when the runs began.
        runs: The runs to resume.
        files: Files where some of them are now.
        may_go_on_without: Whether there is work to do without a metric that is gone: it fails its own scores then.

    Raises:
        ConfigurationError: a metric that is gone or changed, or another than the runs have.
    """
    texts = [_without_missing(text) for text in stored]
    begun = [use for use in (runs[0].plan.metrics if runs else ()) if FROM_A_FILE in use.signature]
    elsewhere = {parse_metric(text).signature: text for text in files}
    metrics: list[str] = []
    for text in texts:
        use = _use_of(text, begun)
        if use is None:
            metrics.append(text)
            continue
        begun.remove(use)
        why = _reason_missing(text, use)
        if why is None or use.signature in elsewhere:
            metrics.append(elsewhere.pop(use.signature, text))
        elif may_go_on_without:
            metrics.append(
                MissingMetric(stands_for=text, stored_name=use.name, stored_signature=use.signature, why=why).text
            )
        else:
            raise _refusal(runs[0], text, use, why)
    for text in elsewhere.values():
        raise ConfigurationError(
            f"--metric {text} is not a metric of this run, and a resume cannot add metrics",
            "To measure the stored answers by another metric: `benchwright score RUN --metric …`.",
        )
    return metrics


def _without_missing(text: str) -> str:
    """Return the text of which a missing metric was read; any other metric unchanged."""
    if not text.startswith(f"{MissingMetric.name}("):
        return text
    metric = parse_metric(text)
    return metric.stands_for if isinstance(metric, MissingMetric) else text


def _use_of(text: str, begun: Sequence[MetricUse]) -> MetricUse | None:
    """Return the metric that the run began with under this text: the first unused one of that class."""
    if (path_and_call := file_and_call(text)) is None:
        return None
    class_name = path_and_call[1].partition("(")[0].strip()
    return next((use for use in begun if use.signature.startswith(f"{class_name}(")), None)


def _reason_missing(text: str, use: MetricUse) -> str | None:
    """Return why the metric is not available as it was; None: it is."""
    path = file_and_call(text)
    assert path is not None  # noqa: S101 - it has a use
    if not os.path.exists(path[0]):
        return f"its file {str(path[0])!r} is gone"
    try:
        is_same = parse_metric(text).signature == use.signature
    except ConfigurationError as error:
        return f"its file {str(path[0])!r} was changed since: {error.message}"
    return None if is_same else f"its file {str(path[0])!r} was changed since the run began"


def _refusal(run: RunRecord, text: str, use: MetricUse, why: str) -> ConfigurationError:
    path_and_call = file_and_call(text)
    call = path_and_call[1] if path_and_call else text
    run_id = run.plan.run_id
    return ConfigurationError(
        f"run {run_id} measures by {use.name!r}, and {why}",
        f"Put the file back as it was, or name it where it is now: --metric PATH.py:{call}. Without it nothing is left "
        f"to do: `benchwright show {run_id}` has the results, and `benchwright score {run_id} --metric …` measures by "
        "others, by the changed file too.",
    )


ADDED = ("models", "candidates")
NUMBERS_OF_CASES = ("limit", "level")
MORE = ("repeats", *NUMBERS_OF_CASES)
HOW = frozenset(
    {
        "endpoints",
        "slots",
        "gpu_tag",
        "provider",
        "embedded",
        "allow_remote",
        "max_failures",
        "fail_under",
        "timeout_s",
        "case_timeout_s",
        "reuse",
        "spread",
    }
)
"""Fields on how the work is done, which may change when it is resumed."""
FLAGS = {
    "prices": "--prices",
    "ignore_fields": "--ignore-field",
    "benchmarks": "--benchmark",
    "models": "--model",
    "candidates": "--candidate",
    "options": "--option",
}


def resumed(
    store: Store, run_id: str, additions: Mapping[str, Any]
) -> tuple[EvaluationRequest, str, tuple[RunRecord, ...]]:
    """Return the request with which to resume the invocation of a run, its id, and its runs.

    Args:
        store: The store.
        run_id: A run's id or a unique beginning of it, or `last`.
        additions: Values that the user adds, by field of `EvaluationRequest`.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: something that would make it another run, or less of it.
    """
    invocation_id = find_run(store, run_id).plan.invocation_id
    stored = find_invocation(store, invocation_id)
    assert stored is not None  # noqa: S101 - a run's invocation cannot be missing: a foreign key
    before = read_request(stored.request, source="the stored request")
    runs = runs_of_invocation(store, invocation_id)
    more = {name: value for name, value in additions.items() if name != "metrics"}
    metrics = metrics_for_resume(
        before.metrics,
        runs,
        _files_alone(before, additions),
        may_go_on_without=_is_something_left(store, runs, before) or not {*ADDED, *MORE}.isdisjoint(additions),
    )
    return grown(before.model_copy(update={"metrics": metrics}), more), invocation_id, runs


def _files_alone(before: EvaluationRequest, additions: Mapping[str, Any]) -> list[str]:
    """Return the named metrics, which must be in files: any other belongs to the run."""
    texts = additions.get("metrics") or []
    texts = [texts] if isinstance(texts, str) else list(texts)
    if not all(names_a_file(text) for text in texts):
        grown(before, {"metrics": texts})  # refuses
    return [with_whole_path(text) for text in texts]


def _is_something_left(store: Store, runs: Sequence[RunRecord], request: EvaluationRequest) -> bool:
    """Check whether there are answers left to ask for."""
    if len(runs) < len(request.benchmarks):
        return True
    return any(count_missing(store, candidate.run_candidate_id) for run in runs for candidate in run.candidates)


def grown(before: EvaluationRequest, additions: Mapping[str, Any]) -> EvaluationRequest:
    """Return the earlier request with more models, repeats or cases, and other ways of asking.

    Raises:
        ConfigurationError: something that would make it another run, or less of it.
    """
    changed: dict[str, Any] = {}
    for name, value in additions.items():
        if name in NUMBERS_OF_CASES:
            continue
        if name in ADDED:
            already = getattr(before, name)
            more = [value] if isinstance(value, str) else list(value)
            changed[name] = [*already, *(item for item in more if item not in already)]
        elif name == "repeats":
            changed[name] = _not_less(name, value, before.repeats)
        elif name in HOW:
            changed[name] = value
        else:
            flag = FLAGS.get(name, f"--{name.removesuffix('s')}")
            raise ConfigurationError(
                f"{flag} is fixed for a run and cannot be changed on resume",
                "Begin a new run, or resume with nothing but more models, --repeats, --limit or --level; "
                "a model with options of its own is --candidate 'NAME key=value …'.",
            )
    return read_request({**before.model_dump(exclude_defaults=True), **changed, **_more_cases(before, additions)})


def _more_cases(before: EvaluationRequest, additions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that set the number of cases from now on; a limit may follow a level, and a level a limit."""
    numbers = {name: additions[name] for name in NUMBERS_OF_CASES if additions.get(name) is not None}
    level = numbers.get("level")
    if len(numbers) != 1 or (level is not None and level not in CASES_OF_LEVEL):
        return numbers  # nothing is added, or the request refuses it
    ((name, value),) = numbers.items()
    n_cases = value if level is None else CASES_OF_LEVEL[level]
    if before.level != value and (n_cases is not None or before.case_limit is None):
        _not_less(name, n_cases, before.case_limit, shown=value)
    return {**dict.fromkeys(NUMBERS_OF_CASES), **numbers}


def _not_less(name: str, value: Any, before: int | None, *, shown: Any = None) -> Any:
    shown = value if shown is None else shown
    if before is None:
        raise ConfigurationError(f"--{name} {shown}: the run asks all cases already", f"Leave --{name} out.")
    if isinstance(value, int) and value < before:
        raise ConfigurationError(
            f"--{name} {shown} is less than the {before} that the run has", f"Give {before} or more, or leave it out."
        )
    return value


def refuse_held(store: Store, invocation_id: str, *, held_as: str | None = None, part: str | None = None) -> None:
    """Refuse to work on runs that another process is working on.

    Args:
        store: The store.
        invocation_id: The invocation of the runs.
        held_as: The holder under which the caller holds them itself, if it does.
        part: The part of them to work on; None: all.

    Raises:
        HeldError: names the holder.
    """
    for run in runs_of_invocation(store, invocation_id):
        for holder in living_holders(store, run.plan.run_id):
            if holder.holder_id != held_as and not may_work_beside(part, holder.part):
                raise held_error(run.plan.run_id, holder)


def refuse_changed_weights(earlier: Sequence[RunRecord], candidates: Sequence[ResolvedCandidate]) -> None:
    """Refuse to resume a run whose model name now stands for other weights.

    Raises:
        ConfigurationError: names the candidate, the weights that it had and those that its server has.
    """
    fingerprints = {resolved.candidate.fingerprint for resolved in candidates}
    for run in earlier:
        for candidate in run.candidates:
            if candidate.plan.candidate_fingerprint in fingerprints:
                continue
            had, model = candidate.plan.digest, candidate.plan.model_name
            has = next((item.candidate.digest for item in candidates if item.candidate.model == model), None)
            if has == had:
                raise ConfigurationError(
                    f"run {run.plan.run_id} asked {candidate.plan.label}, and its options or profile were changed "
                    "since",
                    "Change them back, or begin a new run: answers to different questions are never mixed.",
                )
            raise ConfigurationError(
                f"run {run.plan.run_id} asked {model} with the weights {(had or 'unknown')[:12]}, and its server has "
                f"{(has or 'unknown')[:12]} under that name now",
                "Bring the old weights back, or begin a new run: results of two models are never mixed.",
            )
