"""The trials of policies as the gateway needs them: who is tried now, and whether one has reached its verdict."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from deployments.gateway.cached_value import CachedValue
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.gateway.shadows import Shadows
from evaluation.errors import BenchwrightError
from evaluation.records.policies import Policy, Trial
from evaluation.store.policies import load_policy
from evaluation.store.session import Store
from evaluation.store.trials import count_dropped_shadows, list_trials, trial_stamp
from selection.policies.live_verdict import Verdict
from selection.policies.trials import conclude

BY = "gateway"
"""Who ends a trial at its verdict, for the policy's history."""
_REST = 10.0
"""Pause after a look, in lengths of the look: long trials are looked at less often."""


class TrialWatch:
    """Knows the running trials, and ends those with a verdict. Used on one event loop.

    Args:
        store: Where trials and calls are.
        flush: Writes the recorded calls of this process.
        shadows: Challengers that are asked too.
        settings: The gateway's.
    """

    def __init__(self, store: Store, flush: Callable[[], int], shadows: Shadows, settings: GatewaySettings) -> None:
        self._store, self._flush, self._shadows, self._settings = store, flush, shadows, settings
        self._trials = CachedValue[Mapping[str, Trial]](self._read, first={}, max_age_s=settings.policies_age_s)
        self._watching: asyncio.Task[None] | None = None
        self._seen: dict[str, tuple[object, int]] = {}

    async def _read(self) -> Mapping[str, Trial]:
        trials = await asyncio.to_thread(list_trials, self._store, running=True)
        return {trial.policy_id: trial for trial in trials}

    async def trial_of(self, policy: Policy) -> Trial | None:
        """Return the running trial of a policy's candidate; None: it tries nobody."""
        trial = (await self._trials.get()).get(policy.policy_id)
        if trial is None or trial.champion_key != policy.candidate_key:
            return None
        self.start()
        return trial

    def start(self) -> None:
        """Watch the trials until none is running."""
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End the watch."""
        await self._trials.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})

    async def _watch(self) -> None:
        while True:
            began, n_running, has_ended = time.monotonic(), 1, False
            await self.store_dropped()
            with suppress(BenchwrightError):  # The store is away: the next look may see it.
                n_running, has_ended = await asyncio.to_thread(self._look)
            if has_ended:
                await self._trials.renew()
            if not n_running:
                return
            await asyncio.sleep(max(self._settings.trial_look_s, _REST * (time.monotonic() - began)))

    async def store_dropped(self) -> None:
        """Store the shadows that were dropped since the last time; where the store is away, the next look does."""
        dropped = self._shadows.take_dropped()
        try:
            await asyncio.to_thread(self._store_dropped, dropped)
        except BenchwrightError:
            self._shadows.put_back(dropped)

    def _store_dropped(self, dropped: Mapping[str, int]) -> None:
        for trial_id, n in dropped.items():
            count_dropped_shadows(self._store, trial_id, n)

    def _look(self) -> tuple[int, bool]:
        """Look at every trial with something new; return how many go on, and whether one has ended."""
        self._flush()
        trials = list_trials(self._store, running=True)
        running = {trial.trial_id for trial in trials}
        self._seen = {trial_id: seen for trial_id, seen in self._seen.items() if trial_id in running}
        n_ended = sum(self._conclude(trial) for trial in trials)
        return len(trials) - n_ended, n_ended > 0

    def _conclude(self, trial: Trial) -> bool:
        policy = load_policy(self._store, trial.policy_id)
        stamp = (trial_stamp(self._store, trial.trial_id), policy.candidate_key, policy.ended_at)
        before, n_waiting = self._seen.get(trial.trial_id, (None, 0))
        if stamp == before and not n_waiting:
            return False
        state = conclude(self._store, trial, policy, by=BY, quiet_s=self._settings.trial_quiet_s)
        self._seen[trial.trial_id] = stamp, state.n_waiting
        return state.verdict != Verdict.UNDECIDED
