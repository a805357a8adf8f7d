"""The interface of a server of concurrency limits, as slot leasing uses it; Prefect's is in `prefect_limits`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evaluation.errors import BenchwrightError

PLENTY = 1_000_000
"""Size of limits that only count, and capacity of an inactive limit."""


class LimitsAwayError(BenchwrightError):
    """The server of the limits is away, restarting or too busy; retry later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A concurrency limit as its server describes it."""

    limit_id: str
    limit: int
    """Number of slots; an inactive limit restricts nothing and has `PLENTY`."""
    n_taken: int
    is_active: bool = True
    version: str = ""
    """Changes whenever slots are taken or given back."""

    @property
    def is_paused(self) -> bool:
        """True at limit 0, which a person set: then Prefect renews leases, but neither grants nor takes back any."""
        return self.limit == 0

    @property
    def n_free(self) -> int:
        """Number of slots that can be taken now."""
        return max(self.limit - self.n_taken, 0)


class Limits(Protocol):
    """Calls to a limit server, which answer at once or raise `LimitsAwayError`."""

    async def look(self, names: Sequence[str]) -> Mapping[str, Limit]:
        """Return the existing ones of the limits, by name."""
        ...

    async def create(self, name: str, limit: int) -> None:
        """Create a limit; an existing one stays as it is."""
        ...

    async def change(self, limit_id: str, *, limit: int | None = None, n_taken: int | None = None) -> None:
        """Set the number of slots of a limit, or how many of them count as taken."""
        ...

    async def take(self, name: str, n: int, *, lease_s: float) -> str | None:
        """Return the id of a new lease on `n` slots; None: they are not free."""
        ...

    async def renew(self, lease_id: str, *, lease_s: float) -> bool:
        """Renew a lease; return False where the server does not know it (any more)."""
        ...

    async def give_back(self, lease_id: str) -> None:
        """Free the slots of a lease; an unknown one is ignored.

        Raises:
            LimitsAwayError: also while the limit is 0, where Prefect cannot.
        """
        ...

    async def uncount(self, name: str, n: int) -> None:
        """Free `n` slots that are still counted for a lease that the server has forgotten."""
        ...

    async def read_note(self, name: str) -> Any:
        """Return the JSON value of a shared note; None: there is none."""
        ...

    async def write_note(self, name: str, value: dict[str, Any]) -> None:
        """Write a shared note."""
        ...
