"""What a person asks of a monitor: the parameters of `monitor`, as form and command."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from evaluation.records.runs import BASELINE_RUNS
from evaluation.requests.request_model import RequestModel, checked_request

RuleName = Literal["duration", "success", "tokens", "gpu", "quality", "model", "judge", "server", "run"]


class TokenBudget(RequestModel):
    """What a call may take."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Token budget")

    task: str = Field(default="", title="Task", description="The task or benchmark. Empty: each that has no other.")
    tokens_per_call: int = Field(
        ge=1, title="Tokens for a call", description="Of prompt and output together, on average. At least 1."
    )


class MonitorRequest(RequestModel):
    """What is looked at, and what is too much."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Monitor")

    since_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        title="Days to look back",
        description="Candidates that were not at work since then are left out. At least 1, at most 3650.",
    )
    slower_than: float = Field(
        default=2.0,
        gt=1,
        le=100,
        title="Times its usual duration",
        description="Alerts where the median duration is longer than so many times its usual one. "
        "More than 1, at most 100.",
    )
    success_below: float = Field(
        default=0.9,
        ge=0,
        le=1,
        title="Least share of success",
        description="Alerts where fewer calls than this share come to an answer. At least 0, at most 1.",
    )
    gpu_below: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Least GPU utilisation",
        description="Alerts where a GPU works less than this share of the time in which it was asked. "
        "At least 0, at most 1.",
    )
    token_budgets: list[TokenBudget] = Field(
        default=[], title="Token budgets", description="Alerts where calls take more on average. Empty: no budget."
    )
    baseline_runs: int = Field(
        default=BASELINE_RUNS,
        ge=1,
        le=50,
        title="Runs in a baseline",
        description="A run is held against the runs before it that are tagged `baseline`, else the first so many of "
        "the same candidate on the same benchmark. At least 1, at most 50.",
    )
    false_alarm_rate: float = Field(
        default=0.05,
        gt=0,
        le=0.5,
        title="Chance of a false alarm",
        description="That an alert of quality is raised by chance at all, in as many looks as are said below. "
        "More than 0, at most 0.5.",
    )
    over_looks: int = Field(
        default=200,
        ge=1,
        le=100_000,
        title="Looks that share this chance",
        description="Looks at new runs of a candidate. More looks ask for stronger evidence. "
        "At least 1, at most 100000.",
    )
    min_calls: int = Field(
        default=20,
        ge=5,
        le=100_000,
        title="Calls to judge by",
        description="Of fewer calls nothing is said but the counts. At least 5, at most 100000.",
    )
    live_hours: int = Field(
        default=1,
        ge=1,
        le=168,
        title="Hours of live calls",
        description="The newest hours of live traffic are held against the days before. Where they have too few "
        "calls, the newest calls of a day are taken. At least 1, at most 168.",
    )
    left_out: list[RuleName] = Field(
        default=[], title="Rules left out", description="No alert is raised by these. Empty: all hold."
    )

    def budget(self, *names: str | None) -> int | None:
        """Return the tokens that a call may take for a task of one of these names; None: no budget."""
        by_task = {token_budget.task.strip(): token_budget.tokens_per_call for token_budget in self.token_budgets}
        return next((by_task[name] for name in (*names, "") if name is not None and name in by_task), None)


def read_monitor_request(fields: Mapping[str, Any]) -> MonitorRequest:
    """Return the request that the words of the command line make.

    Raises:
        ConfigurationError: a value that cannot be one.
    """
    return checked_request(MonitorRequest, fields, about="`benchwright monitor --help` lists what can be said.")
