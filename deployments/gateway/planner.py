"""Makes plans: the recommended candidates, a policy's with its trial, or the servers that have the named model."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from deployments.gateway.case_words import CallFieldsError
from deployments.gateway.directory import Directory
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.gateway.plans import Arm, Plan, Target
from deployments.gateway.staged_targets import StagedTargets
from deployments.gateway.upstream import Upstream
from deployments.gateway.usage import Rates
from evaluation.candidate import Candidate
from evaluation.chat_protocols.calls import ChatCall
from evaluation.errors import BenchwrightError, SelectionError
from evaluation.formatting import percent
from evaluation.records.evidence import Place
from evaluation.records.policies import Policy, Trial, TrialMode
from evaluation.requests.prices import PriceTable, as_prices, price_of
from evaluation.store.registry import find_candidate
from evaluation.store.selectable_candidates import last_places
from evaluation.store.session import Store
from selection.answers import Recommendation
from selection.policies.assignment import is_in_share
from selection.policies.serving import (
    Contender,
    Standing,
    cheapest_first,
    contender_of,
    recommendation_for,
    record,
    standing_of_auto,
    standing_of_auto_at_once,
    standing_of_policy,
    standing_of_policy_at_once,
)
from selection.preferences import Constraints, LogPrompt, Question
from selection.recommender.recommender import Recommender
from selection.recommender.registry import recommender_of

NEXT = "`benchwright evaluate` measures candidates; or name a model instead of `auto`."


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
        self._pipelines = StagedTargets(store, directory)

    async def close(self) -> None:
        """End what pipelines of one's own have started."""
        await self._pipelines.close()

    async def named(self, model: str, *, task: str) -> Plan:
        """Return the plan for a named model.

        Raises:
            BenchwrightError: no server has it, or it may not be asked.
        """
        upstreams = await self._directory.with_model(model)
        return Plan(task=task, targets=tuple([await _passed_on(upstream, model) for upstream in upstreams]))

    async def recommended(self, call: ChatCall, task: str, *, fallback_task: str) -> Plan:
        """Return the plan for `auto` and `auto:TASK`.

        Raises:
            SelectionError: no candidate meets what the request needs, too little was measured, or none can be served.
            StoreError: the store is away, and nothing was read from it yet.
        """
        question = Question(
            task=task or None,
            prompt=call.last_prompt if call.last_prompt.strip() else None,
            constraints=Constraints(models_only=True, capabilities=call.capabilities),
            on_little_evidence=self._settings.on_little_evidence,
            on_tie=self._settings.on_tie,
        )
        recommender = recommender_of(self._store)
        standing = standing_of_auto_at_once(recommender, question)
        if standing is None:
            standing = await asyncio.to_thread(standing_of_auto, recommender, question)
        if not standing.contenders:
            raise SelectionError(f"`{call.model}` stands for no candidate: {standing.reason}", NEXT)
        log: LogPrompt = "prompt" if self._settings.keep_texts else "hash"
        return await self._plan(
            standing, call, name=call.model, task=task or None, fallback_task=fallback_task, log=log
        )

    async def of_policy(
        self,
        policy: Policy,
        call: ChatCall,
        *,
        task: str,
        saving: str | None = None,
        trial: Trial | None = None,
        conversation: str = "",
    ) -> Plan:
        """Return the plan for a policy.

        Args:
            policy: The policy.
            call: What its candidate is asked.
            task: Task under which the call is recorded, where the policy has none.
            saving: What the budget counts that is spent, where cheaper candidates are to answer: `usd`, ….
                Nobody is tried then.
            trial: The policy's trial; None: it tries nobody.
            conversation: Hash that calls of one conversation share.

        Raises:
            SelectionError: neither the policy's candidate nor another that meets its constraints can be served.
            StoreError: the store is away, and nothing was read from it yet.
        """
        recommender = recommender_of(self._store)
        of_call = (recommender, policy, call.last_prompt)
        standing = standing_of_policy_at_once(*of_call, capabilities=call.capabilities)
        if standing is None:
            standing = await asyncio.to_thread(standing_of_policy, *of_call, capabilities=call.capabilities)
        decided_by = f"policy {policy.name}"
        arm, challenger = None, None
        if saving is not None:
            standing = await asyncio.to_thread(_cheapest, standing, policy, saving, self._store)
        elif trial is not None:
            arm, challenger = _arm(recommender, standing, trial, call, conversation)
            standing = standing if arm is None or challenger is None else _with_arm(standing, policy, arm, challenger)
        if not standing.contenders:
            raise SelectionError(
                f"the policy {policy.name!r} stands for {policy.candidate_label}, which cannot answer this request, "
                "and no other candidate satisfies its constraints",
                f"`benchwright policies show {policy.name}` says what it asks for.",
            )
        plan = await self._plan(
            standing,
            call,
            name=policy.name,
            task=policy.task,
            fallback_task=task,
            log="prompt" if policy.keeps_texts else "hash",
            decided_by=decided_by,
            prices=PriceTable() if policy.prices is None else as_prices(policy.prices),
            own_key=policy.candidate_key,
            shadow=challenger if arm is not None and arm.trial.mode is TrialMode.SHADOW else None,
        )
        if arm is not None and challenger is not None and not _may_ask_both(plan, arm):
            arm = None
        # A policy's candidate answers as long as it can: who else is tied with it is no matter.
        return replace(plan, policy=policy, arm=arm, prefers_loaded=False)

    async def _plan(
        self,
        standing: Standing,
        call: ChatCall,
        *,
        name: str,
        task: str | None,
        fallback_task: str,
        log: LogPrompt,
        decided_by: str | None = None,
        prices: PriceTable | None = None,
        own_key: str | None = None,
        shadow: Contender | None = None,
    ) -> Plan:
        targets: list[Target] = []
        skipped: list[str] = []
        readying = partial(self._add, call=call, task=task, prices=prices or PriceTable())
        for rank, contender in enumerate(standing.contenders):
            problem = await readying(targets, contender, rank, is_own=contender.candidate.key == own_key)
            skipped += [f"{contender.candidate.label}: {problem}"] if problem else []
        if not targets:
            raise SelectionError(f"`{name}` stands for no candidate that can be served: {'; '.join(skipped)}", NEXT)
        shadows: list[Target] = []
        if shadow is not None:
            await readying(shadows, shadow, len(standing.contenders))
        recommender = recommender_of(self._store)
        everyone = standing if shadow is None else replace(standing, contenders=(*standing.contenders, shadow))

        def recommended(target: Target, reason: str) -> Recommendation:
            recommendation = recommendation_for(everyone, str(target.key), reason, decided_by=decided_by)
            record(recommender, everyone, recommendation, log)
            return recommendation

        return Plan(
            task=task or fallback_task,
            targets=tuple(targets),
            reason=standing.reason,
            recommended=recommended,
            explain=None if standing.answer is None else standing.answer.explain,
            skipped=tuple(skipped),
            shadow=shadows[0] if shadows else None,
        )

    async def _add(
        self,
        targets: list[Target],
        contender: Contender,
        rank: int,
        *,
        call: ChatCall,
        task: str | None,
        prices: PriceTable,
        is_own: bool = False,
    ) -> str | None:
        """Add the places of a candidate; return why there are none.

        Raises:
            CallFieldsError: the call does not fit how a policy's own candidate (`is_own`) was measured.
        """
        choosable = contender.candidate
        candidate = await self._candidate(choosable.key)
        if candidate is None:
            return "it is known from an import alone, so no server has it"
        problems: list[str] = []
        made: list[Target] = []
        at = partial(self._at, contender=contender, candidate=candidate, rank=rank, call=call, task=task, prices=prices)

        async def look(places: Iterable[Place]) -> None:
            for place in places:
                try:
                    made.append(await at(place))
                except CallFieldsError as error:
                    if is_own:
                        raise CallFieldsError(f"{candidate.label}: {error.message}", error.next_step) from error
                    problems.append(error.message)
                except BenchwrightError as error:
                    problems.append(error.message)

        await look(choosable.places)
        if not made:
            # Where the name means other weights by now, a server may keep the candidate's under another name.
            earlier = await asyncio.to_thread(last_places, self._store, choosable.key)
            await look(place for place in earlier if place not in choosable.places)
        targets += made
        return None if made else "; ".join(problems) or "no server has it"

    async def _at(
        self,
        place: Place,
        *,
        contender: Contender,
        candidate: Candidate,
        rank: int,
        call: ChatCall,
        task: str | None,
        prices: PriceTable,
    ) -> Target:
        """Return a candidate on a server.

        Raises:
            BenchwrightError: it cannot be asked there.
        """
        upstream = await self._directory.at(place)
        if upstream is None:
            raise SelectionError(f"{place.name} is not served")
        model, problem = await upstream.name_of(candidate.model, candidate.digest)
        if problem:
            raise SelectionError(problem)
        ready = await self._ready(candidate, call, task, upstream, model)
        return replace(_target(upstream, model, contender, candidate, rank, prices), **ready)

    async def _ready(
        self, candidate: Candidate, call: ChatCall, task: str | None, upstream: Upstream, model: str
    ) -> dict[str, Any]:
        """Return how the candidate is asked, as fields of its target: its pipeline, or the words around the call."""
        if candidate.pipeline is not None:
            staged = await self._pipelines.ready(candidate, call, task=task, upstream=upstream, model=model)
            return {"staged": staged}
        return {"wording": await self._pipelines.wording(candidate, call, task=task, upstream=upstream, model=model)}

    async def _candidate(self, key: str) -> Candidate | None:
        if key not in self._candidates:
            self._candidates[key] = await asyncio.to_thread(find_candidate, self._store, key)
        return self._candidates[key]


async def _passed_on(upstream: Upstream, model: str) -> Target:
    """Return a named model on a server, called as the server lists it: clients may spell one name in many ways."""
    info = await upstream.model(model)
    return Target(upstream=upstream, model=model, label=_plain(model if info is None else info.name))


def _target(
    upstream: Upstream, model: str, contender: Contender, candidate: Candidate, rank: int, prices: PriceTable
) -> Target:
    latency, energy = contender.latency_s, contender.energy_j
    return Target(
        upstream=upstream,
        model=model,
        label=contender.candidate.label,
        candidate=candidate,
        key=contender.candidate.key,
        rank=rank,
        is_tied=contender.is_tied,
        latency_s=None if latency is None else latency.value,
        rates=Rates(
            joules_per_call=None if energy is None else energy.value,
            price=price_of(prices, candidate.model),
            prices=prices,
        ),
    )


def _arm(
    recommender: Recommender, standing: Standing, trial: Trial, call: ChatCall, conversation: str
) -> tuple[Arm | None, Contender | None]:
    """Return the arm of a call, and the challenger; None where the challenger cannot answer a call of this kind.

    Such a call is none of the champion's arm either: both arms have to be asked the same kinds of calls.
    """
    challenger = contender_of(recommender, standing, trial.challenger_key)
    if challenger is None or not set(call.capabilities) <= challenger.candidate.capabilities:
        return None, None
    is_in = is_in_share(trial, conversation)
    if trial.mode is TrialMode.SHADOW:
        arm = Arm(trial=trial, conversation=conversation, is_challenger=False)
        return (arm, challenger) if is_in else (None, None)
    return Arm(trial=trial, conversation=conversation, is_challenger=is_in), challenger


def _may_ask_both(plan: Plan, arm: Arm) -> bool:
    """Check that both candidates of a trial could answer a call: else it counts in neither arm."""
    if arm.trial.mode is TrialMode.SHADOW:
        return plan.shadow is not None
    return {arm.trial.champion_key, arm.trial.challenger_key} <= {target.key for target in plan.targets}


def _with_arm(standing: Standing, policy: Policy, arm: Arm, challenger: Contender) -> Standing:
    """Return a standing in which the candidate of the arm is the first, and the other arm's the second."""
    if arm.trial.mode is TrialMode.SHADOW:
        return standing
    champions = tuple(each for each in standing.contenders if each.candidate.key == arm.trial.champion_key)
    others = tuple(
        each
        for each in standing.contenders
        if each.candidate.key not in (arm.trial.champion_key, challenger.candidate.key)
    )
    first = (challenger, *champions) if arm.is_challenger else (*champions, challenger)
    tried = f"the policy {policy.name!r} tries {challenger.candidate.label} on a share of {percent(arm.trial.share)}"
    reason = f"{tried}, to which this conversation belongs" if arm.is_challenger else standing.reason
    return replace(standing, contenders=(*first, *others), reason=reason)


def _cheapest(standing: Standing, policy: Policy, saving: str, store: Store) -> Standing:
    """Return the candidates of a policy whose budget is spent: the cheapest ones, in the unit that is spent.

    The policy's own candidate is not among them unless it is the cheapest itself.
    """
    try:
        keys = cheapest_first(recommender_of(store), standing.question, by=saving)
    except SelectionError:
        return replace(standing, contenders=())
    by_key = {each.candidate.key: each for each in standing.contenders}
    order = [by_key[key] for key in keys if key in by_key]
    place = next((place for place, each in enumerate(order) if each.candidate.key == policy.candidate_key), len(order))
    kept = order[: max(place, 1)]
    return replace(
        standing,
        contenders=tuple(kept),
        reason=f"the budget of the policy {policy.name!r} is spent for today, so that the cheapest candidate answers",
    )


def _plain(model: str) -> str:
    return model.removesuffix(":latest")
