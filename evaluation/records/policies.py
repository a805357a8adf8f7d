"""Records of the gateway's policies: what a name stands for, what it may spend, and what was changed about it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

MARGIN = 2.0
"""Default loss of quality, in points, that still counts as equivalent after an upgrade.

With one point, about 300 cases would be needed to tell equal answers from worse ones; with two, 150 are.
"""
UNITS: Mapping[str, str] = {"tokens": "tokens", "gpu_s": "seconds of GPU", "joules": "joules", "usd": "US dollars"}
"""What a budget counts, in words."""


def day_of(moment: datetime) -> datetime:
    """Return the beginning of the day (UTC) to which a budget counts a moment in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


class WhenSpent(StrEnum):
    """What happens once a budget is spent."""

    REFUSE = "refuse"
    """Requests are refused until the next day."""
    CHEAPER = "cheaper"
    """The cheapest candidate that satisfies the policy answers instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What calls of one day have used."""

    n_calls: int = 0
    tokens: int = 0
    """Tokens of prompts and answers."""
    gpu_s: float = 0.0
    """Seconds for which a server worked on the calls."""
    joules: float = 0.0
    usd: float = 0.0

    def __add__(self, other: "Spending") -> "Spending":
        return Spending(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that calls of one day (UTC) may use; None: no limit."""

    tokens: int | None = None
    gpu_s: float | None = None
    joules: float | None = None
    usd: float | None = None

    @property
    def limits(self) -> dict[str, float]:
        """The limits that there are, by what they count."""
        limits = {name: getattr(self, name) for name in UNITS}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def reached(self, spending: Spending) -> str | None:
        """Return the name of the first limit that is reached; None while there is something left of each."""
        return next((name for name, limit in self.limits.items() if getattr(spending, name) >= limit), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A name that clients of the gateway give instead of a model's, and the candidate that it stands for."""

    policy_id: str
    name: str
    task: str | None
    """Task for which candidates are compared; None: over all tasks."""
    question: Mapping[str, Any]
    """Constraints, weights and preferences of the recommendation that decides, as plain JSON."""
    candidate_key: str
    """Fingerprint of the candidate that answers. It changes only when somebody says so."""
    candidate_label: str
    recommendation_id: str | None
    """The recommendation on which the candidate was taken; None: somebody named the candidate."""
    budget: Budget
    when_spent: WhenSpent
    prices: Mapping[str, Any] | None
    """Prices of models, as a price file has them; None: none are known."""
    keeps_texts: bool
    """Whether prompts and answers are stored; else only a prompt's hash and length."""
    watches_upgrades: bool
    """Whether changed weights or server versions start a test against what was measured."""
    margin: float
    """Loss of quality, in points (hundredths), that still counts as equivalent after an upgrade."""
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    """When it was ended; None: it is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change of a policy."""

    policy_id: str
    at: datetime
    kind: str
    """`created`, `edited`, `candidate`, `trial`, `upgrade`, `kept` (a name for its weights was made) or `ended`."""
    by: str
    """Name of the key, `local`, or the command."""
    details: Mapping[str, Any]


class TrialMode(StrEnum):
    """How a challenger is tried."""

    EXPLORE = "explore"
    """It answers a share of the conversations."""
    SHADOW = "shadow"
    """It is asked too, in idle slots, and its answers are only stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A comparison of a policy's candidate with a challenger on calls in production."""

    trial_id: str
    policy_id: str
    mode: TrialMode
    champion_key: str
    champion_label: str
    challenger_key: str
    challenger_label: str
    share: float
    """Share of the conversations that the challenger answers, or of the calls that it is asked too."""
    started_at: datetime
    ended_at: datetime | None
    verdict: str | None
    """How it ended: `better`, `worse`, `harm`, or `stopped`; None while it goes on."""
    details: Mapping[str, Any]
    """Figures behind the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedCall:
    """What the gateway knows of a call beyond what any application records."""

    endpoint: str | None
    """Name of the server that answered; None if none did."""
    candidate_key: str | None
    """Fingerprint of the candidate; None for a model that the client named."""
    policy_id: str | None = None
    key_id: str | None = None
    recommendation_id: str | None = None
    trial_id: str | None = None
    is_challenger: bool = False
    """Whether the call is one of the trial's challenger: its conversation is, or it is a shadow.

    Another candidate has answered it where `candidate_key` is another: the challenger was asked, and failed.
    """
    is_shadow: bool = False
    """Whether the answer went to nobody."""
    conversation: str | None = None
    """Hash that calls of one conversation share."""
    prompt_hash: str | None = None
    prompt_characters: int | None = None
    first_token_s: float | None = None
    """Seconds to the first piece of the answer."""
    tokens: int = 0
    gpu_s: float = 0.0
    joules: float = 0.0
    usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A change under the name of a model that a policy uses, and what came of testing it."""

    upgrade_id: str
    found_at: datetime
    kind: str
    """`weights` (another digest under the name, by a pull or otherwise) or `server` (another version)."""
    endpoint: str
    model: str
    before: str
    """Digest or version before; the same for `after`."""
    after: str
    policy_ids: tuple[str, ...]
    state: str
    """`found`, `testing`, `tested`, `failed`, `accepted` or `declined`."""
    verdict: str | None
    """`better`, `equivalent`, `worse` or `inconclusive`; None before the test."""
    details: Mapping[str, Any]
    """`tests`: run, re-test, comparison and figures of each; `policies`: verdict of each; `reason` of a failure."""
    alert_id: str | None
    decided_at: datetime | None
    decided_by: str | None
