"""Budgets of a day: what keys and policies have used, from the store and from the calls of this process."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from evaluation.errors import BenchwrightError, StoreError
from evaluation.formatting import duration
from evaluation.records.policies import UNITS, Budget, Spending, day_of
from evaluation.store.served_calls import spending_since
from evaluation.store.session import Store

REREAD_S = 2.0
"""Seconds after which the store is read again, for calls of other processes."""


class BudgetSpentError(BenchwrightError):
    """A budget of today is spent."""

    def __init__(self, message: str, next_step: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, next_step)
        self.args = (message, next_step, retry_after_s)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose budget it is: exactly one of the two is given."""

    policy_id: str | None = None
    key_id: str | None = None


@dataclass(slots=True)
class _Account:
    """What one owner has used today."""

    day: datetime
    stored: Spending
    own: Spending
    """Calls of this process that the store may not have yet."""
    n_on_their_way: int
    read_at: float


class Budgets:
    """Counts what owners use. Used on one event loop.

    Calls on their way count as the mean of the day's calls, so that many at once do not pass a limit unnoticed.

    Args:
        store: Where calls are recorded.
        flush: Writes the recorded calls of this process; returns how many are left.
        now: The time; set in tests.
    """

    def __init__(
        self,
        store: Store,
        flush: Callable[[], int],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        reread_s: float = REREAD_S,
    ) -> None:
        self._store, self._flush, self._now, self._reread_s = store, flush, now, reread_s
        self._accounts: dict[Owner, _Account] = {}
        self._reading: dict[Owner, asyncio.Task[None]] = {}

    async def close(self) -> None:
        """Wait for readings under way."""
        for reading in tuple(self._reading.values()):
            reading.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def reached(self, owner: Owner, budget: Budget) -> str | None:
        """Return the name of the limit that an owner has reached today; None where all leave something.

        Raises:
            StoreError: the store is away, and nothing was read of this owner today.
        """
        if not budget.limits:
            return None
        return budget.reached(_with_those_on_their_way(await self._account(owner)))

    async def spending(self, owner: Owner) -> Spending:
        """Return what an owner has used today.

        Raises:
            StoreError: as above.
        """
        account = await self._account(owner)
        return account.stored + account.own

    def start(self, owner: Owner) -> None:
        """Note that a call is on its way."""
        account = self._accounts.get(owner)
        if account is not None:
            account.n_on_their_way += 1

    def end(self, owner: Owner, usage: Spending) -> None:
        """Note what a call used."""
        account = self._accounts.get(owner)
        if account is not None:
            account.n_on_their_way = max(0, account.n_on_their_way - 1)
            account.own += usage

    async def _account(self, owner: Owner) -> _Account:
        account = self._accounts.get(owner)
        if account is None or account.day != self._today():
            await self._read(owner)
            return self._accounts[owner]
        if time.monotonic() - account.read_at >= self._reread_s and owner not in self._reading:
            task = asyncio.create_task(self._read_aside(owner))
            self._reading[owner] = task
            task.add_done_callback(lambda _: self._reading.pop(owner, None))
        return account

    async def _read_aside(self, owner: Owner) -> None:
        try:
            await self._read(owner)
        except StoreError:  # What was read before holds, and own calls are counted.
            self._accounts[owner].read_at = time.monotonic()

    async def _read(self, owner: Owner) -> None:
        """Read what the store has. Calls that end meanwhile count twice until the next reading, never not at all."""
        before, today = self._accounts.get(owner), self._today()
        counted = Spending() if before is None or before.day != today else before.own
        n_left = await asyncio.to_thread(self._flush)
        stored = await asyncio.to_thread(
            spending_since, self._store, today, policy_id=owner.policy_id, key_id=owner.key_id
        )
        account = self._accounts.get(owner)
        fresh = account is None or account.day != today
        own = Spending() if fresh or account is None else account.own
        if not n_left:
            own = _less(own, counted)
        n_on_their_way = 0 if account is None else account.n_on_their_way
        self._accounts[owner] = _Account(
            day=today, stored=stored, own=own, n_on_their_way=n_on_their_way, read_at=time.monotonic()
        )
        if fresh:
            self._forget_before(today)

    def _forget_before(self, today: datetime) -> None:
        """Drop the accounts of earlier days: keys come and go, and whoever calls again is read again."""
        for owner, account in tuple(self._accounts.items()):
            if account.day != today and not account.n_on_their_way and owner not in self._reading:
                del self._accounts[owner]

    def _today(self) -> datetime:
        return day_of(self._now())

    def spent_error(self, whose: str, budget: Budget, limit: str) -> BudgetSpentError:
        """Return the error of a call for which nothing is left."""
        wait_s = (self._today() + timedelta(days=1) - self._now()).total_seconds()
        return BudgetSpentError(
            f"{whose} has used its budget of today: {budget.limits[limit]:,} {UNITS[limit]}",
            f"Ask again in {duration(wait_s)}, when the next day (UTC) begins; or raise the budget.",
            max(1.0, wait_s),
        )


def _with_those_on_their_way(account: _Account) -> Spending:
    total = account.stored + account.own
    if not total.n_calls or not account.n_on_their_way:
        return total
    share = account.n_on_their_way / total.n_calls
    expected = Spending(
        tokens=round(total.tokens * share),
        gpu_s=total.gpu_s * share,
        joules=total.joules * share,
        usd=total.usd * share,
    )
    return total + expected


def _less(total: Spending, part: Spending) -> Spending:
    return replace(
        total,
        n_calls=max(0, total.n_calls - part.n_calls),
        tokens=max(0, total.tokens - part.tokens),
        gpu_s=max(0.0, total.gpu_s - part.gpu_s),
        joules=max(0.0, total.joules - part.joules),
        usd=max(0.0, total.usd - part.usd),
    )
