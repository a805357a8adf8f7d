"""The function that writes reports."""

from pathlib import Path
from typing import TYPE_CHECKING

from deployments.python.checking import plainly
from deployments.python.stored import opened

if TYPE_CHECKING:
    from deployments.python.options import File
    from evaluation.results.comparisons import ComparisonResult
    from evaluation.results.experiments import ExperimentResult
    from evaluation.results.races import RaceResult
    from evaluation.results.runs import InvocationResult, RunResult
    from evaluation.results.sweeps import SweepResult

    Reported = RunResult | InvocationResult | ComparisonResult | ExperimentResult | RaceResult | SweepResult


@plainly
def report(
    what: "str | Reported" = "last",
    *,
    to: "File",
    template: "File | None" = None,
    db: str | None = None,
) -> Path:
    """Write a report to a new file, as `benchwright report` does, and return its path.

    Args:
        what: A result; or the id of a run, a comparison, a race's or a sweep's run, the beginning of one, `last`, or an
            experiment's name.
        to: The file, which must not exist; its ending names the format: `.html`, `.pdf`, `.xlsx` or `.md`.
        template: An HTML template (Jinja2) to fill in.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: nothing has that name.
        ConfigurationError: the ending is unknown, the file exists or cannot be written, or the template is faulty.
    """
    from evaluation.reports.documents.writing import write_report

    path = Path(to)
    with opened(db) as store:
        write_report(store, _name_of(what), path, template=None if template is None else Path(template))
    return path


def _name_of(
    what: "str | Reported",
) -> str:
    from evaluation.results.comparisons import ComparisonResult
    from evaluation.results.experiments import ExperimentResult
    from evaluation.results.races import RaceResult
    from evaluation.results.runs import InvocationResult

    if isinstance(what, str):
        return what
    if isinstance(what, ComparisonResult):
        return what.comparison_id
    if isinstance(what, ExperimentResult):
        return what.facts.experiment_id
    if isinstance(what, RaceResult):
        return what.race.run_id
    return what.run.run_id if isinstance(what, InvocationResult) else what.run_id
