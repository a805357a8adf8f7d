"""Who may answer a request, in which order: the recommended candidates, or the servers that have the named model."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from deployments.gateway.directory import Directory
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.gateway.upstream import Upstream
from evaluation.candidate import Candidate
from evaluation.chat_protocols.calls import ChatCall
from evaluation.errors import SelectionError
from evaluation.records.evidence import Choosable
from evaluation.store.registry import find_candidate
from evaluation.store.session import Store
from selection.answers import Expected, Recommendation
from selection.preferences import Constraints
from selection.recommendation import explain, recommend
from selection.serving_order.order import Option

AUTO = "auto"
NEXT = "`benchwright evaluate` measures candidates; or name a model instead of `auto`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A candidate or a named model on a server."""

    upstream: Upstream
    model: str
    label: str
    """Label of the candidate; of a named model its name."""
    candidate: Candidate | None = None
    """None: the request is passed on as it is."""
    rank: int = 0
    is_tied: bool = False
    latency_s: float | None = None
    """Expected latency of an answer."""

    def option(self, now: float, *, is_loaded: bool | None) -> Option:
        """Return what the order depends on, as of now."""
        return Option(
            label=self.label,
            server=self.upstream.name,
            rank=self.rank,
            is_tied=self.is_tied,
            is_loaded=is_loaded,
            wait_s=self.upstream.wait_s(self.latency_s),
            promise_s=self.latency_s,
            is_away=not self.upstream.breaker.allows(now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The targets of a request."""

    task: str
    """Task under which the call is recorded."""
    targets: tuple[Target, ...]
    recommendation: Recommendation | None = None
    """None where the client named the model."""
    explain: Callable[[], str] | None = None
    """Explains the recommendation at length."""
    skipped: tuple[str, ...] = ()
    """Candidates that rank among the targets and cannot be served, with the reason."""


def task_of(model: str) -> str | None:
    """Return the task in `auto:TASK`; empty for `auto`, None for the name of a model."""
    if model in (AUTO, f"{AUTO}:latest"):  # Ollama's clients may add the tag.
        return ""
    return model.removeprefix(f"{AUTO}:") if model.startswith(f"{AUTO}:") else None


class Planner:
    """Makes plans.

    Args:
        store: The evidence.
        directory: The servers.
        settings: The gateway's.
    """

    def __init__(self, store: Store, directory: Directory, settings: GatewaySettings) -> None:
        self._store = store
        self._directory = directory
        self._settings = settings
        self._candidates: dict[str, Candidate | None] = {}

    async def named(self, model: str, *, task: str) -> Plan:
        """Return the plan for a named model.

        Raises:
            BenchwrightError: no server has it, or it may not be asked.
        """
        upstreams = await self._directory.with_model(model)
        targets = (Target(upstream=upstream, model=model, label=_plain(model)) for upstream in upstreams)
        return Plan(task=task, targets=tuple(targets))

    async def recommended(self, call: ChatCall, task: str, *, fallback_task: str) -> Plan:
        """Return the plan for `auto` and `auto:TASK`.

        Raises:
            SelectionError: no candidate meets what the request needs, too little was measured, or none can be served.
            StoreError: the store is away, and nothing was read from it yet.
        """
        recommendation = await asyncio.to_thread(self._recommend, call, task or None)
        if recommendation.candidate is None:
            raise SelectionError(f"`{call.model}` stands for no candidate: {recommendation.reason}", NEXT)
        targets: list[Target] = []
        skipped: list[str] = []
        for rank, (choosable, latency) in enumerate(_ranked(recommendation)):
            problem = await self._add(targets, choosable, latency, rank, recommendation)
            skipped += [f"{choosable.label}: {problem}"] if problem else []
        if not targets:
            raise SelectionError(
                f"`{call.model}` stands for no candidate that can be served: {'; '.join(skipped)}", NEXT
            )
        return Plan(
            task=task or fallback_task,
            targets=tuple(targets),
            recommendation=recommendation,
            explain=partial(explain, recommendation, store=self._store),
            skipped=tuple(skipped),
        )

    def _recommend(self, call: ChatCall, task: str | None) -> Recommendation:
        return recommend(
            task,
            call.last_prompt if call.last_prompt.strip() else None,
            constraints=Constraints(models_only=True, capabilities=call.capabilities),
            on_little_evidence=self._settings.on_little_evidence,
            on_tie=self._settings.on_tie,
            store=self._store,
        )

    async def _add(
        self,
        targets: list[Target],
        choosable: Choosable,
        latency: Expected | None,
        rank: int,
        recommendation: Recommendation,
    ) -> str | None:
        """Add the places of a candidate; return why there are none."""
        candidate = await self._candidate(choosable.key)
        if candidate is None:
            return "it is known from an import alone, so no server has it"
        if candidate.pipeline is not None:
            return f"its pipeline {candidate.pipeline.name!r} asks several times, which the gateway does not do yet"
        problems: list[str] = []
        for place in choosable.places:
            upstream = await self._directory.at(place)
            problem = f"{place.name} is not served" if upstream is None else await _unfit(upstream, candidate)
            if upstream is None or problem:
                problems.append(str(problem))
                continue
            targets.append(
                Target(
                    upstream=upstream,
                    model=candidate.model,
                    label=choosable.label,
                    candidate=candidate,
                    rank=rank,
                    is_tied=choosable.label in recommendation.tied,
                    latency_s=None if latency is None else latency.value,
                )
            )
        return None if len(problems) < len(choosable.places) else "; ".join(problems) or "no server has it"

    async def _candidate(self, key: str) -> Candidate | None:
        if key not in self._candidates:
            self._candidates[key] = await asyncio.to_thread(find_candidate, self._store, key)
        return self._candidates[key]


def _ranked(recommendation: Recommendation) -> Iterator[tuple[Choosable, Expected | None]]:
    if recommendation.candidate is not None:
        yield recommendation.candidate, recommendation.latency_s
    for ranked in recommendation.alternatives:
        yield ranked.candidate, ranked.latency_s


async def _unfit(upstream: Upstream, candidate: Candidate) -> str | None:
    """Return why a server does not serve a candidate as it was measured; None where it does, or cannot be asked now."""
    models = await upstream.models.get()
    if upstream.models.error is not None or not models:
        return None
    info = await upstream.model(candidate.model)
    if info is None:
        return f"{upstream.name} no longer has {candidate.model}"
    if candidate.digest and info.digest and candidate.digest != info.digest:
        return f"{candidate.model} on {upstream.name} holds other weights now: evaluate it again"
    return None


def _plain(model: str) -> str:
    return model.removesuffix(":latest")


def in_order(targets: Sequence[Target], positions: Sequence[int]) -> tuple[Target, ...]:
    """Return the targets at the positions."""
    return tuple(targets[position] for position in positions)
