"""The interface of a server of concurrency limits, as slot leasing uses it; Prefect's is in `prefect_limits`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evaluation.errors import BenchwrightError

PLENTY = 1_000_000
"""The size of limits that only count, and the capacity of one that is switched off."""


class LimitsAwayError(BenchwrightError):
    """The server of the limits is away, restarting or too busy: ask again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A concurrency limit as its server describes it."""

    limit_id: str
    limit: int
    """How many slots it has; an inactive one limits nobody, and has plenty."""
    n_taken: int
    is_active: bool = True
    version: str = ""
    """Another one whenever slots were taken or given back."""

    @property
    def is_paused(self) -> bool:
        """True at 0, which a person set: then Prefect renews leases, but gives out none and takes none back."""
        return self.limit == 0

    @property
    def n_free(self) -> int:
        """How many slots can be taken now."""
        return max(self.limit - self.n_taken, 0)


class Limits(Protocol):
    """Calls that answer at once or raise `LimitsAwayError`."""

    async def look(self, names: Sequence[str]) -> Mapping[str, Limit]:
        """Return those of the limits that exist, by name."""
        ...

    async def create(self, name: str, limit: int) -> None:
        """Make a limit; one that exists already stays as it is."""
        ...

    async def change(self, limit_id: str, *, limit: int | None = None, n_taken: int | None = None) -> None:
        """Set how many slots a limit has, or how many of them count as taken."""
        ...

    async def take(self, name: str, n: int, *, lease_s: float) -> str | None:
        """Return the id of a new lease on `n` slots; None: they are not free."""
        ...

    async def renew(self, lease_id: str, *, lease_s: float) -> bool:
        """Return False where the server does not know the lease (any more)."""
        ...

    async def give_back(self, lease_id: str) -> None:
        """Free the slots of a lease; one that the server does not know is none.

        Raises:
            LimitsAwayError: Also while the limit is 0, where Prefect cannot.
        """
        ...

    async def uncount(self, name: str, n: int) -> None:
        """Free `n` slots that count as taken by a lease which the server has forgotten."""
        ...

    async def read_note(self, name: str) -> Any:
        """Return the JSON value of a note that everybody can read; None: there is none."""
        ...

    async def write_note(self, name: str, value: dict[str, Any]) -> None:
        """Write it."""
        ...
