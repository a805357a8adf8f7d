"""Forecast of a resolved request: its calls, and the texts of its corpora that have to be embedded first."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.forecast import forecast
from evaluation.forecasts.index_forecasts import index_forecasts
from evaluation.forecasts.planned_work import planned_works
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.resolution import Resolution
from evaluation.store.session import Store


def forecast_request(
    store: Store,
    request: EvaluationRequest,
    resolution: Resolution,
    earlier: Sequence[RunRecord] = (),
    *,
    named: Collection[str] = (),
) -> Forecast:
    """Return the expected cost of a request; nothing is asked or stored.

    Args:
        store: Earlier measurements, and what is stored already.
        request: What was asked for.
        resolution: The resolved request.
        earlier: The runs that a resume continues.
        named: Options that the labels include even at their defaults.
    """
    works = planned_works(store, request, resolution, earlier, named=named)
    to_ask = {work.fingerprint for work in works if work.n_calls}
    indexes = index_forecasts(store, resolution, fingerprints=to_ask)
    return replace(forecast(store, works), corpora=resolution.corpora, indexes=indexes)
