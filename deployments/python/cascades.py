"""The function that reads the curves of a run's cascades."""

from typing import TYPE_CHECKING

from deployments.python.checking import plainly
from deployments.python.stored import opened

if TYPE_CHECKING:
    from evaluation.results.cascade_curves import CascadeResult


@plainly
def load_cascades(run: str = "last", *, metric: str | None = None, db: str | None = None) -> "CascadeResult":
    """Return the cascades of a run over their thresholds, as `benchwright show --cascade` does. Nothing is asked.

    Args:
        run: Id of the run, a prefix of one, or `last`.
        metric: The metric of quality, one of the run; None: its headline.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run, or the run has no such metric.
        ConfigurationError: the run has no cascade.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.cascade_result import cascade_result

    with opened(db) as store:
        return cascade_result(store, run, metric=metric)
