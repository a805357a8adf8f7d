"""The request of a monitoring pass: the parameters of `monitor`, as form and command."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from evaluation.records.runs import BASELINE_RUNS
from evaluation.requests.request_model import RequestModel, checked_request

RuleName = Literal["duration", "success", "tokens", "gpu", "quality", "grades", "model", "judge", "server", "run"]


class TokenBudget(RequestModel):
    """Tokens that a call may use."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Token budget")

    task: str = Field(
        default="", title="Task", description=("The task or benchmark. Empty: all that have no budget of their own.")
    )
    tokens_per_call: int = Field(
        ge=1, title="Tokens per call", description="Average of prompt and output tokens together. At least 1."
    )


class MonitorRequest(RequestModel):
    """What a monitor checks, and its limits."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Monitor")

    since_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        title="Days to look back",
        description="Candidates without calls since then are left out. At least 1, at most 3650.",
    )
    slower_than: float = Field(
        default=2.0,
        gt=1,
        le=100,
        title="Multiple of the usual duration",
        description="Alert if the median duration exceeds this multiple of the usual one. More than 1, at most 100.",
    )
    success_below: float = Field(
        default=0.9,
        ge=0,
        le=1,
        title="Minimum success rate",
        description="Alert if a smaller share of calls is answered. At least 0, at most 1.",
    )
    gpu_below: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Minimum GPU utilisation",
        description="Alert if a GPU is busy for a smaller share of the time in which it is used. At least 0, at "
        "most 1.",
    )
    token_budgets: list[TokenBudget] = Field(
        default=[], title="Token budgets", description="Alert if calls use more tokens on average. Empty: no budget."
    )
    baseline_runs: int = Field(
        default=BASELINE_RUNS,
        ge=1,
        le=50,
        title="Runs in a baseline",
        description="A run is compared with the earlier runs that are tagged `baseline`, else with this many first "
        "runs of the same candidate on the same benchmark. At least 1, at most 50.",
    )
    false_alarm_rate: float = Field(
        default=0.05,
        gt=0,
        le=0.5,
        title="Probability of a false alarm",
        description="Probability of any false quality alert over the number of checks below. More than 0, at most 0.5.",
    )
    over_looks: int = Field(
        default=200,
        ge=1,
        le=100_000,
        title="Checks that share this probability",
        description="Checks of new runs of a candidate. More checks require stronger evidence. At least 1, at most "
        "100000.",
    )
    min_calls: int = Field(
        default=20,
        ge=5,
        le=100_000,
        title="Minimum number of calls",
        description="With fewer calls, only the counts are reported. At least 5, at most 100000.",
    )
    live_hours: int = Field(
        default=1,
        ge=1,
        le=168,
        title="Hours of production calls",
        description="The newest hours of production traffic are compared with the days before. If they have too few "
        "calls, the newest calls of a day are used. At least 1, at most 168.",
    )
    left_out: list[RuleName] = Field(
        default=[], title="Rules left out", description="These rules raise no alerts. Empty: all rules apply."
    )

    def budget(self, *names: str | None) -> int | None:
        """Return the token budget of a call for a task of one of these names; None where there is none."""
        by_task = {token_budget.task.strip(): token_budget.tokens_per_call for token_budget in self.token_budgets}
        return next((by_task[name] for name in (*names, "") if name is not None and name in by_task), None)


def read_monitor_request(fields: Mapping[str, Any]) -> MonitorRequest:
    """Return the request from the options of the command line.

    Raises:
        ConfigurationError: an invalid value.
    """
    return checked_request(MonitorRequest, fields, about="`benchwright monitor --help` lists the options.")
