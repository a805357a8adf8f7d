"""Evidence from plain matrices, for whoever tests what is done with it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evaluation.fingerprint import fingerprint
from evaluation.records.evidence import Choosable, Evidence, EvidenceCase


def evidence_of(
    quality: Mapping[str, NDArray[np.float64]],
    *,
    labels: tuple[str, ...],
    cost_usd: tuple[float, ...] | None = None,
    latency_s: tuple[float, ...] | None = None,
) -> Evidence:
    """Every candidate asked every case.

    Args:
        quality: By task, shape (n_cases, n_candidates).
        labels: Of the candidates.
        cost_usd: Of an answer, of each candidate.
        latency_s: The same.
    """
    cases, columns = [], []
    for task, values in quality.items():
        for i in range(len(values)):
            cases.append(EvidenceCase(task=task, yardstick=task, case_id=f"c{i}", family=f"{task} {i}"))
        columns.append(values)
    values = np.vstack(columns)
    n_cases, n = values.shape

    def taken(of_each: tuple[float, ...] | None) -> NDArray[np.float64]:
        return np.tile(np.full(n, np.nan) if of_each is None else np.array(of_each), n_cases)

    return Evidence(
        candidates=tuple(Choosable(key=f"key of {label}", label=label, model=label) for label in labels),
        cases=tuple(cases),
        candidate=np.tile(np.arange(n, dtype=np.int32), n_cases),
        case=np.repeat(np.arange(n_cases, dtype=np.int32), n),
        quality=values.ravel().astype(np.float64),
        latency_s=taken(latency_s),
        cost_usd=taken(cost_usd),
        energy_j=taken(None),
        fingerprint=fingerprint([values.tolist(), cost_usd, latency_s]),
    )
