"""Are the metrics of a user's file, by which a run was begun, still what they were? If not, how does a resume go on?"""

from collections.abc import Sequence

from evaluation.errors import ConfigurationError
from evaluation.metric_specs import file_and_call
from evaluation.metrics.metric_files import FROM_A_FILE
from evaluation.metrics.missing_metric import MissingMetric
from evaluation.metrics.parsing import parse_metric
from evaluation.records import MetricUse, RunRecord


def metrics_for_resume(
    stored: Sequence[str], runs: Sequence[RunRecord], files: Sequence[str], *, may_go_on_without: bool
) -> list[str]:
    """Return the metrics with which a resume goes on.

    Each in the file where it was, or in one of equal content elsewhere.

    Args:
        stored: As they were asked for when the runs began.
        runs: What was begun.
        files: Files where some of them are now.
        may_go_on_without: There is something to do without a metric that is gone: it fails its own scores then.

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
    """Return the text that a lost metric stands for; any other as it is."""
    if not text.startswith(f"{MissingMetric.name}("):
        return text
    metric = parse_metric(text)
    return metric.stands_for if isinstance(metric, MissingMetric) else text


def _use_of(text: str, begun: Sequence[MetricUse]) -> MetricUse | None:
    """Return what the run began with under this text: the first one left of that class."""
    if (path_and_call := file_and_call(text)) is None:
        return None
    class_name = path_and_call[1].partition("(")[0].strip()
    return next((use for use in begun if use.signature.startswith(f"{class_name}(")), None)


def _reason_missing(text: str, use: MetricUse) -> str | None:
    """Return why the metric cannot be had as it was; None: it can."""
    path = file_and_call(text)
    assert path is not None  # noqa: S101 - it has a use
    if not path[0].exists():
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
