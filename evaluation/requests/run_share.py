"""Shares of a run: the part of its cases that one of several processes works on, and which may run concurrently."""

from pydantic import ConfigDict, Field, model_validator

from evaluation.requests.request_model import RequestModel


class Share(RequestModel):
    """Every n-th case of a run in benchmark order; all shares together are all cases."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Share")

    number: int = Field(ge=1, description="Number of this share.")
    of: int = Field(ge=1, le=64, description="Number of shares that the cases are divided into.")

    @model_validator(mode="after")
    def _exists(self) -> "Share":
        if self.number > self.of:
            raise ValueError(f"there is no share {self.number} of {self.of}")
        return self

    @property
    def part(self) -> str:
        """The text that marks a holder of the run as working on this share."""
        return f"{self.number}/{self.of}"


def share_of(part: str) -> Share:
    """Return the share that a mark stands for."""
    number, _, of = part.partition("/")
    return Share(number=int(number), of=int(of))


def whole_of(n_shares: int) -> str:
    """Return the mark of the one process that waits for all shares and ends the run."""
    return f"0/{n_shares}"


def is_share(part: str | None) -> bool:
    """Return True for the mark of a single share, whose process leaves it to another one to end the run."""
    return part is not None and not part.startswith("0/")


def may_work_beside(own: str | None, other: str | None) -> bool:
    """Return True for two different parts of the same division; a process that works on a whole run works alone."""
    if own is None or other is None or own == other:
        return False
    return own.partition("/")[2] == other.partition("/")[2]
