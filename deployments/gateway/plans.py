"""Plans: who may answer a request, in which order, and what a client's name for a model stands for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deployments.gateway.case_words import Wording
from deployments.gateway.staged_targets import Staged
from deployments.gateway.upstream import Upstream
from deployments.gateway.usage import Rates
from evaluation.candidate import Candidate
from evaluation.records.policies import Policy, Trial
from selection.answers import Recommendation
from selection.serving_order.order import Option

AUTO = "auto"
_NO_RATES = Rates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A candidate or a named model on a server."""

    upstream: Upstream
    model: str
    """Name by which the server is asked: the candidate's, or another under which it keeps the same weights."""
    label: str
    """Label of the candidate; of a named model its name."""
    candidate: Candidate | None = None
    """None: the request is passed on as it is."""
    key: str | None = None
    """Fingerprint of the candidate."""
    rank: int = 0
    is_tied: bool = False
    latency_s: float | None = None
    """Expected latency of an answer."""
    rates: Rates = _NO_RATES
    staged: Staged | None = None
    """The candidate's pipeline, ready to answer the call; None: its model is asked once."""
    wording: Wording | None = None
    """How its model is asked what a call gives beside its messages; None: nothing, or its pipeline is asked."""

    @property
    def benchmark(self) -> str | None:
        """Name of the benchmark in whose words the call is asked; None: in the client's."""
        if self.staged is not None:
            return None if self.staged.words is None else self.staged.words.name
        return None if self.wording is None else self.wording.benchmark.name

    def option(self, now: float, *, is_loaded: bool | None) -> Option:
        """Return what the order depends on, as of now."""
        return Option(
            label=self.label,
            server=self.upstream.name,
            rank=self.rank,
            is_tied=self.is_tied,
            is_loaded=is_loaded,
            wait_s=self.upstream.wait_s(self.latency_s),
            promise_s=self.latency_s,
            is_away=not self.upstream.breakers.allows(self.model, now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The arm of a trial to which a call belongs."""

    trial: Trial
    conversation: str
    """Hash that calls of one conversation share."""
    is_challenger: bool
    """Whether the challenger is to answer."""

    @property
    def key(self) -> str:
        """Fingerprint of the candidate that is to answer."""
        return self.trial.challenger_key if self.is_challenger else self.trial.champion_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The targets of a request."""

    task: str
    """Task under which the call is recorded."""
    targets: tuple[Target, ...]
    reason: str | None = None
    """Why the first candidate is the first; None where the client named the model."""
    recommended: Callable[[Target, str], Recommendation] | None = None
    """Returns the recommendation of the target that answers, for a reason, and has it stored."""
    explain: Callable[[], str] | None = None
    """Explains at length what the selection says."""
    skipped: tuple[str, ...] = ()
    """Candidates that rank among the targets and cannot be served, with the reason."""
    policy: Policy | None = None
    arm: Arm | None = None
    """The arm of the policy's trial; None: the call is none of a trial's."""
    shadow: Target | None = None
    """The challenger that is asked too, in the background."""
    prefers_loaded: bool = field(default=True)
    """Whether a loaded candidate that is tied with the best may answer instead of it."""


def task_of(model: str) -> str | None:
    """Return the task in `auto:TASK`; empty for `auto`, None for the name of a model."""
    if model in (AUTO, f"{AUTO}:latest"):  # Ollama's clients may add the tag.
        return ""
    return model.removeprefix(f"{AUTO}:") if model.startswith(f"{AUTO}:") else None


def policy_named(policies: Sequence[Policy], model: str) -> Policy | None:
    """Return the policy that a client names as the model; None where it is the name of something else."""
    name = model.removesuffix(":latest")  # Ollama's clients may add the tag.
    return next((policy for policy in policies if policy.name == name), None)


def in_order(targets: Sequence[Target], positions: Sequence[int]) -> tuple[Target, ...]:
    """Return the targets at the positions."""
    return tuple(targets[position] for position in positions)
