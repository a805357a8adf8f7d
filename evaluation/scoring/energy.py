"""Energy of each generation in joules: its GPU's power in flight, shared with concurrent generations.

    energy of i = ∫ P(t) / n(t) dt   over the time in which i was in flight

P is the whole card's power, its idle draw included, interpolated linearly between two samples; n counts the generations
in flight on that GPU, including those of other evaluations in this store. What is divided is the card's consumption
while any generation was in flight: nothing is counted twice, and only the card's idle time between generations is left
out.

Server failures take their share, since a server that timed out was working, and have no energy of their own. A reused
generation has none either: its work was done in another run. Of a pipeline the stages are in flight, and the answer has
the sum of theirs. On several GPUs (a model split in two) a generation's energy is the sum over the GPUs of its endpoint
that were measured throughout its time.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.store.energies import (
    Flights,
    GpuUser,
    gpu_users,
    load_flights,
    load_power,
    save_energies,
    sum_stage_energies,
)
from evaluation.store.session import Store

LONGEST_GAP_S = 5.0
"""Longest gap between power samples, in seconds: a generation in a longer gap has no energy."""

_Reals = NDArray[np.float64]


def shared_energy(at: _Reals, power: _Reals, starts: _Reals, ends: _Reals) -> _Reals:
    """Return the energy in J of each interval, shape (n_intervals,); NaN where the samples do not cover it.

    Between two neighbouring moments (of samples, starts and ends) power is linear and no request starts or ends, so
    that the trapezoidal rule is exact. With cumulative sums over these steps, every interval takes one subtraction.
    """
    if not len(at) or not len(starts):
        return np.full(len(starts), np.nan)
    at, first = np.unique(at, return_index=True)
    power = power[first]
    moments = np.unique(np.concatenate([at, starts, ends]))
    begins, seconds = moments[:-1], np.diff(moments)
    is_known = _is_known(at, begins)
    watts = np.interp(moments, at, power)
    joules = np.where(is_known, (watts[:-1] + watts[1:]) / 2 * seconds, 0.0)
    n = np.searchsorted(np.sort(starts), begins, side="right") - np.searchsorted(np.sort(ends), begins, side="right")
    each = _sums(joules / np.maximum(n, 1))
    unknown_s = _sums(np.where(is_known, 0.0, seconds))
    begin, end = np.searchsorted(moments, starts), np.searchsorted(moments, ends)
    is_covered = (unknown_s[end] == unknown_s[begin]) & (starts >= at[0]) & (ends <= at[-1]) & (starts <= ends)
    return np.where(is_covered, each[end] - each[begin], np.nan)


def _is_known(at: _Reals, moments: _Reals) -> NDArray[np.bool_]:
    """Return whether each moment lies between two samples that are not too far apart."""
    before = np.searchsorted(at, moments, side="right") - 1
    is_between = (before >= 0) & (before < len(at) - 1)
    after = np.minimum(before + 1, len(at) - 1)
    return is_between & (at[after] - at[np.maximum(before, 0)] <= LONGEST_GAP_S)


def _sums(steps: _Reals) -> _Reals:
    """Return the cumulative sum of the steps before each moment, shape (n_steps + 1,)."""
    return np.concatenate([[0.0], np.cumsum(steps)])


def apportion_energy(store: Store, invocation_id: str) -> None:
    """Fill in `energy_j` of the invocation's answers, as far as samples of their GPUs are stored.

    Called when its outcomes and samples are stored; another call after a resume gives the same numbers and more. An
    evaluation that runs at the same time gets its own answers filled in when it calls this itself.
    """
    users = gpu_users(store, invocation_id)
    flights = {
        key: load_flights(store, *key) for key in sorted({(user.invocation_id, user.endpoint) for user in users})
    }
    by_gpu: defaultdict[str, list[GpuUser]] = defaultdict(list)
    for user in users:
        by_gpu[user.gpu].append(user)
    energies = {
        key: np.full(len(endpoint_flights.starts), np.nan)
        for key, endpoint_flights in flights.items()
        if key[0] == invocation_id
    }
    for gpu, of_gpu in sorted(by_gpu.items()):
        _add(energies, store, invocation_id, gpu, of_gpu, flights)
    for key, joules in energies.items():
        is_filled = flights[key].is_answer & ~np.isnan(joules)
        save_energies(store, flights[key].generation_ids[is_filled].tolist(), joules[is_filled].tolist())
    sum_stage_energies(store, invocation_id)


def _add(
    energies: dict[tuple[str, str], _Reals],
    store: Store,
    invocation_id: str,
    gpu: str,
    users: Sequence[GpuUser],
    flights: dict[tuple[str, str], Flights],
) -> None:
    """Add one GPU's energy to that of its generations."""
    at, power = load_power(store, invocation_id, gpu)
    keys = sorted({(user.invocation_id, user.endpoint) for user in users})
    starts = np.concatenate([flights[key].starts for key in keys])
    ends = np.concatenate([flights[key].ends for key in keys])
    joules = shared_energy(at, power, starts, ends)
    position = 0
    for key in keys:
        own = joules[position : position + len(flights[key].starts)]
        position += len(own)
        if key in energies:
            earlier = energies[key]
            energies[key] = np.where(np.isnan(own), earlier, np.where(np.isnan(earlier), own, earlier + own))
