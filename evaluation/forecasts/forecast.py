"""Forecast of planned work's model loads, calls, tokens and time, from measurements of the same work.

An endpoint processes its groups in order, endpoints run in parallel, and a pool divides a group by the speed of its
slots. `n` calls on an endpoint take `n × seconds of a generation / slots`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from statistics import fmean

from evaluation.fingerprint import canonical_json
from evaluation.forecasts.costs import EndpointForecast, Forecast, LoadForecast, WorkForecast
from evaluation.store.past_speed import PastSpeed, past_load_s, past_speed
from evaluation.store.session import Store

CHARACTERS_PER_TOKEN = 4.0
"""A rule of thumb for English text, used only where nothing is known, and stated in the forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWork:
    """One candidate on one benchmark, with what is known before anything is stored."""

    endpoint_names: tuple[str, ...]
    """Endpoints that share the work."""
    slots: Mapping[str, int]
    """Slots by endpoint."""
    model: str
    digest: str | None
    load_options: Mapping[str, object]
    label: str
    fingerprint: str
    benchmark_name: str
    n_cases: int
    n_repeats: int
    n_done: int = 0
    """Outcomes that are already stored."""
    n_reusable: int = 0
    """Outcomes of earlier runs that will be reused, if reuse is on."""
    options: Mapping[str, object]
    """Effective options."""
    prompt_characters: int | None = None
    """Characters of the messages of all cases, each case counted once; None if not counted."""
    requests_of_a_case: float | None = 1.0
    """Requests of a pipeline to this model for a case; None where nobody knows: each case counts once, without time."""
    stage_speeds: Mapping[str, PastSpeed] = field(default_factory=dict)
    """Speed of the pipeline's earlier requests to this model by endpoint."""
    is_further_model: bool = False
    """True for a model that a candidate's pipeline asks beside its own: its outcomes are counted there."""

    @property
    def n_calls(self) -> int:
        """Requests that are still to be asked."""
        n_left = max(0, self.n_cases * self.n_repeats - self.n_done - self.n_reusable)
        return n_left if self.requests_of_a_case is None else round(n_left * self.requests_of_a_case)


@dataclass(slots=True)
class _Station:
    """Scheduling state of an endpoint."""

    slots: int
    free_at_s: float
    loads: list[LoadForecast]

    def load(self, work: PlannedWork, load_s: float | None) -> None:
        """Load the work's model, unless it is loaded already."""
        model_and_options = (work.model, dict(work.load_options))
        if self.loads and (self.loads[-1].model, self.loads[-1].load_options) == model_and_options:
            return
        self.loads.append(
            LoadForecast(model=model_and_options[0], load_options=model_and_options[1], load_s=load_s, works=())
        )
        self.free_at_s += load_s or 0.0


def forecast(store: Store, planned: Sequence[PlannedWork]) -> Forecast:
    """Forecast the cost of the work, in the order given, with work of one group together.

    Nothing is stored. Estimates assume as many concurrent requests as in the past: other slots change the time of a
    generation.
    """
    stations = {
        name: _Station(slots=work.slots[name], free_at_s=0.0, loads=[])
        for work in planned
        for name in work.endpoint_names
    }
    look_up = _looking_up(store)
    for group in _groups(planned):
        if any(work.n_calls for work in group):
            _add(stations, group, look_up, _load_times(store, group[0]))
    return _summed(stations, planned)


def _groups(planned: Sequence[PlannedWork]) -> list[list[PlannedWork]]:
    """Group work by endpoints and loaded model, in order of first appearance."""
    groups: dict[tuple[tuple[str, ...], str, str], list[PlannedWork]] = {}
    for work in planned:
        key = (work.endpoint_names, work.model, canonical_json(dict(work.load_options)))
        groups.setdefault(key, []).append(work)
    return list(groups.values())


_LookUp = Callable[[PlannedWork, str], PastSpeed | None]


def _looking_up(store: Store) -> _LookUp:
    cached_speed = cache(
        lambda endpoint, model, digest, fingerprint, benchmark: past_speed(
            store,
            endpoint_name=endpoint,
            model=model,
            digest=digest,
            fingerprint=fingerprint,
            benchmark_name=benchmark,
        )
    )

    def look_up(work: PlannedWork, name: str) -> PastSpeed | None:
        if work.requests_of_a_case is None:
            return None
        if work.stage_speeds:
            return work.stage_speeds.get(name)
        return cached_speed(name, work.model, work.digest, work.fingerprint, work.benchmark_name)

    return look_up


def _load_times(store: Store, work: PlannedWork) -> dict[str, float | None]:
    return {
        name: past_load_s(store, endpoint_name=name, model=work.model, digest=work.digest, fingerprint=work.fingerprint)
        for name in work.endpoint_names
    }


def _add(
    stations: Mapping[str, _Station],
    group: Sequence[PlannedWork],
    look_up: _LookUp,
    load_times: Mapping[str, float | None],
) -> None:
    """Add the work of one group to the stations' schedules."""
    sharing = {name: stations[name] for name in group[0].endpoint_names}
    before = {name: (station.free_at_s, list(station.loads)) for name, station in sharing.items()}
    for name, station in sharing.items():
        station.load(group[0], load_times[name])
    by_work = [_worked(sharing, work, look_up) for work in group]
    for name, station in sharing.items():
        if any(parts[name].n_calls for parts in by_work):
            station.loads[-1] = replace(
                station.loads[-1], works=(*station.loads[-1].works, *(parts[name] for parts in by_work))
            )
        else:
            station.free_at_s, station.loads = before[name]


def _worked(stations: Mapping[str, _Station], work: PlannedWork, look_up: _LookUp) -> dict[str, WorkForecast]:
    """Return each station's part of the work, with the stations busy until it is done."""
    speeds = {name: look_up(work, name) for name in stations}
    measured_speeds = [speed for speed in speeds.values() if speed is not None]
    generation_s = {
        name: speed.generation_s
        if speed
        else fmean(other.generation_s for other in measured_speeds)
        if measured_speeds
        else None
        for name, speed in speeds.items()
    }
    shares = shared_out(
        work.n_calls,
        starts_s={name: station.free_at_s if measured_speeds else 0.0 for name, station in stations.items()},
        calls_per_s={name: station.slots / (generation_s[name] or 1.0) for name, station in stations.items()},
    )
    taking_part = [name for name, share in shares.items() if share]
    parts = {}
    for name, station in stations.items():
        others = tuple(other for other in taking_part if other != name)
        each_s, speed = generation_s[name], speeds[name] or next(iter(measured_speeds), None)
        seconds = None if each_s is None else _seconds(shares[name], each_s, station.slots)
        station.free_at_s += seconds or 0.0
        parts[name] = _part(work, shares[name], others, seconds, speed)
    return parts


def _seconds(n_calls: int, generation_s: float, slots: int) -> float:
    return max(n_calls / slots, min(n_calls, 1)) * generation_s


def _part(
    work: PlannedWork, n_calls: int, shared_with: tuple[str, ...], seconds: float | None, speed: PastSpeed | None
) -> WorkForecast:
    prompt_tokens, from_characters = _prompt_tokens(work, speed)
    output_tokens = speed.output_tokens if speed else None
    most = work.options.get("num_predict")
    if output_tokens is not None and isinstance(most, int | float):
        output_tokens = min(output_tokens, most)
    return WorkForecast(
        label=work.label,
        further_model=work.model if work.is_further_model else None,
        benchmark_name=work.benchmark_name,
        n_cases=work.n_cases,
        n_repeats=work.n_repeats,
        n_done=work.n_done,
        n_reusable=work.n_reusable,
        n_calls=n_calls,
        shared_with=shared_with,
        prompt_tokens=None if prompt_tokens is None else round(n_calls * prompt_tokens),
        prompt_tokens_from_characters=from_characters,
        output_tokens=None if output_tokens is None else round(n_calls * output_tokens),
        seconds=seconds,
        speed=speed,
    )


def _prompt_tokens(work: PlannedWork, speed: PastSpeed | None) -> tuple[float | None, bool]:
    """Return the tokens of one prompt, and whether they were estimated from its characters."""
    seen = speed.prompt_tokens if speed else None
    if seen is not None and speed is not None and speed.same_benchmark:
        return seen, False
    if work.prompt_characters is not None and work.n_cases:
        return work.prompt_characters / work.n_cases / CHARACTERS_PER_TOKEN, True
    return seen, False


def _summed(stations: Mapping[str, _Station], planned: Sequence[PlannedWork]) -> Forecast:
    endpoints = tuple(_endpoint(name, station) for name, station in stations.items())
    loads = [load for endpoint in endpoints for load in endpoint.loads]
    works = [work for load in loads for work in load.works]
    timed = [endpoint.seconds for endpoint in endpoints if endpoint.seconds is not None]
    return Forecast(
        endpoints=endpoints,
        n_model_loads=len(loads),
        n_calls=sum(work.n_calls for work in planned),
        n_done=sum(work.n_done for work in planned if not work.is_further_model),
        n_reusable=sum(work.n_reusable for work in planned if not work.is_further_model),
        n_calls_untimed=sum(work.n_calls for work in works if work.seconds is None),
        n_loads_untimed=sum(load.load_s is None for load in loads),
        prompt_tokens=_total([work.prompt_tokens for work in works]),
        output_tokens=_total([work.output_tokens for work in works]),
        seconds=max(timed, default=None),
    )


def _endpoint(name: str, station: _Station) -> EndpointForecast:
    is_known = any(work.seconds is not None for load in station.loads for work in load.works)
    return EndpointForecast(
        endpoint_name=name,
        slots=station.slots,
        loads=tuple(station.loads),
        seconds=station.free_at_s if is_known else None,
    )


def _total(counts: Sequence[int | None]) -> int | None:
    known_counts = [count for count in counts if count is not None]
    return sum(known_counts) if known_counts else None


def shared_out(n_calls: int, *, starts_s: Mapping[str, float], calls_per_s: Mapping[str, float]) -> dict[str, int]:
    """Return the number of calls for each worker; a worker that is free too late gets none.

    Args:
        n_calls: All of them.
        starts_s: When each worker is free.
        calls_per_s: How fast each is, above 0.
    """
    taking_part: list[str] = []
    end_s = math.inf
    for name in sorted(starts_s, key=lambda name: starts_s[name]):
        if starts_s[name] >= end_s:
            break
        taking_part.append(name)
        waited = sum(calls_per_s[worker] * starts_s[worker] for worker in taking_part)
        end_s = (n_calls + waited) / sum(calls_per_s[worker] for worker in taking_part)
    return _whole({name: calls_per_s[name] * (end_s - starts_s[name]) for name in taking_part}, n_calls, starts_s)


def _whole(exact: Mapping[str, float], total: int, names: Mapping[str, float]) -> dict[str, int]:
    """Round to whole numbers that sum to `total`, by the largest remainders."""
    whole = {name: math.floor(exact.get(name, 0.0)) for name in names}
    by_remainder = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: total - sum(whole.values())]:
        whole[name] += 1
    return whole
