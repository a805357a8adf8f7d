"""Asking a trial's challenger too, in the background: in idle slots only, and never at the cost of an answer."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from deployments.gateway.attempts import Sending, pieces
from deployments.gateway.budgets import Budgets, Owner
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.gateway.plans import Arm, Plan, Target
from deployments.gateway.recording import CallRecord, Progress
from deployments.gateway.upstream import Upstream
from evaluation.errors import BenchwrightError
from evaluation.records.policies import Policy

if TYPE_CHECKING:
    from deployments.gateway.staged_answers import StagedSending, Turn

MOST_WAITING = 32
"""Shadows that wait for an idle slot; more are dropped."""
POLL_S = 0.1
GRACE_S = 2.0
"""Time to end that shadows under way have when the gateway closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A challenger's turn."""

    plan: Plan
    target: Target
    policy: Policy
    arm: Arm
    send: Callable[[Target], "Sending | StagedSending"]
    record: Callable[[], CallRecord]
    """Begins the record of its call."""
    client_call: Progress
    """Of the client's call: what it asks."""


class Shadows:
    """Asks challengers. Used on one event loop.

    Args:
        budgets: Those of the policies, which pay for it.
        settings: The gateway's.
    """

    def __init__(self, budgets: Budgets, settings: GatewaySettings) -> None:
        self._budgets, self._settings = budgets, settings
        self._waiting: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self.n_dropped = 0
        """Shadows that were not asked, since no slot was idle, too many waited, or the budget was spent."""
        self.n_asked = 0
        self._not_stored: Counter[str] = Counter()
        """Dropped shadows by trial, which nobody has stored yet."""

    @property
    def n_waiting(self) -> int:
        """Shadows that wait for an idle slot."""
        return len(self._waiting)

    def offer(
        self,
        plan: Plan,
        *,
        send: Callable[[Target], "Sending | StagedSending"],
        record: Callable[[], CallRecord],
        client_call: Progress,
    ) -> None:
        """Have the challenger of a plan asked in the background; return at once."""
        if plan.shadow is None or plan.arm is None or plan.policy is None:
            return
        if self._is_closed or len(self._waiting) >= MOST_WAITING:
            self._drop(plan.arm.trial.trial_id)
            return
        shadow = Shadow(
            plan=plan,
            target=plan.shadow,
            policy=plan.policy,
            arm=replace(plan.arm, is_challenger=True),
            send=send,
            record=record,
            client_call=client_call,
        )
        task = asyncio.create_task(self._run(shadow))
        self._waiting.add(task)
        task.add_done_callback(partial(self._done, plan.arm.trial.trial_id))

    def take_dropped(self) -> Mapping[str, int]:
        """Return the dropped shadows by trial since the last call."""
        dropped, self._not_stored = self._not_stored, Counter()
        return dropped

    def put_back(self, dropped: Mapping[str, int]) -> None:
        """Keep dropped shadows that could not be stored for the next time."""
        self._not_stored.update(dropped)

    def _drop(self, trial_id: str) -> None:
        self.n_dropped += 1
        self._not_stored[trial_id] += 1

    def _done(self, trial_id: str, task: "asyncio.Task[None]") -> None:
        if task in self._waiting:
            self._drop(trial_id)
        self._waiting.discard(task)
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()  # Its record has it.

    async def _run(self, shadow: Shadow) -> None:
        upstream, task = shadow.target.upstream, cast("asyncio.Task[None]", asyncio.current_task())
        owner, deadline = Owner(policy_id=shadow.policy.policy_id), time.monotonic() + self._settings.shadow_patience_s
        if await self._budgets.reached(owner, shadow.policy.budget) is not None:
            return
        if not await self._is_idle(upstream, shadow.target.model, deadline):
            return
        self._waiting.discard(task)
        self._asking.add(task)
        self.n_asked += 1
        if shadow.target.staged is not None:
            await _ask(shadow, partial(self._turn, asyncio.Lock(), task))
            return
        with _held(upstream, task):
            await _ask(shadow, None)

    async def _is_idle(self, upstream: Upstream, model: str, deadline: float) -> bool:
        """Wait for an idle slot; return False if there was none until the deadline."""
        while not await upstream.is_idle_for(model, quiet_s=self._settings.shadow_quiet_s):
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(POLL_S)
        return True

    @asynccontextmanager
    async def _turn(
        self, one_at_a_time: asyncio.Lock, task: "asyncio.Task[None]", upstream: Upstream, model: str
    ) -> AsyncIterator[None]:
        """Hold an idle slot for one request of a pipeline; a shadow that finds none in time ends."""
        async with one_at_a_time:
            if not await self._is_idle(upstream, model, time.monotonic() + self._settings.shadow_patience_s):
                raise asyncio.CancelledError
            with _held(upstream, task):
                yield

    async def close(self) -> None:
        """Drop those that wait, and give those under way a moment to end."""
        self._is_closed = True
        for task in tuple(self._waiting):
            task.cancel()
        if self._asking:
            await asyncio.wait(tuple(self._asking), timeout=GRACE_S)
        tasks = (*self._waiting, *self._asking)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)


@contextmanager
def _held(upstream: Upstream, task: "asyncio.Task[None]") -> Iterator[None]:
    """Count a shadow as on its way for the block; a client's call that needs its slot ends it."""
    upstream.shadows.append(task)
    try:
        yield
    finally:
        upstream.shadows.remove(task)


async def _ask(shadow: Shadow, turn: "Turn | None") -> None:
    record, target = shadow.record(), shadow.target
    record.shadow_of(shadow.policy, shadow.arm)
    record.progress.prompt, record.progress.context = shadow.client_call.prompt, shadow.client_call.context
    record.attempt(target, shadow.plan)
    try:
        sent = shadow.send(target)
        if isinstance(sent, Sending):
            async with aclosing(pieces(target.upstream, sent)) as answer_pieces:
                async for piece in answer_pieces:
                    if piece.delta is not None:
                        record.take(piece.delta)
        elif turn is not None:
            from deployments.gateway.staged_answers import staged_answer

            record.take((await staged_answer(sent, turn=turn, on_stage=record.stage)).delta)
        if shadow.plan.recommended is not None:
            reason = f"the policy {shadow.policy.name!r} asks {target.label} too, and its answer goes to nobody"
            record.recommended(shadow.plan.recommended(target, reason).id)
    except BaseException as error:
        record.end(error)
        with suppress(BenchwrightError):
            raise
    else:
        record.end()
