"""What several routes take in the bodies of their requests."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NO_NUL = r"^[^\x00]*$"
"""Texts that every database takes."""


class Body(BaseModel):
    """The body of a request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BudgetLimits(Body):
    """The most that calls use on one day (UTC)."""

    tokens: int | None = Field(None, gt=0, le=2**53)
    gpu_s: Positive | None = None
    joules: Positive | None = None
    usd: Positive | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are given."""
        return self.model_dump(exclude_none=True)
