"""Settings of the gateway."""

from collections.abc import Callable
from dataclasses import dataclass

from selection.policies.observations import QUIET_S
from selection.preferences import OnLittleEvidence, OnTie


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedCall:
    """What became of one request, for figures and budgets."""

    task: str
    candidate: str
    """Label of the candidate, or name of the model, that answered; empty if none was asked."""
    endpoint: str
    """Name of its server; empty if none was asked."""
    policy: str
    """Name of the policy by which it was answered; empty without one."""
    outcome: str
    """`ok`, `failed`, `refused` (the request was at fault) or `cancelled` (the client left)."""
    duration_s: float
    ttft_s: float | None
    """Seconds to the first piece of the answer; None if there was none."""
    prompt_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    """Those of the prompt that the server had in its cache; None where it does not say."""
    n_asked: int
    """Servers that were asked: more than one after a fallback."""


def _nothing(_call: FinishedCall) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """Settings of the gateway."""

    prefer_loaded: bool = True
    """Whether a loaded candidate that is tied with the best is asked instead of loading the best."""
    keep_texts: bool = False
    """Whether prompts and answers are stored with the recorded calls."""
    on_little_evidence: OnLittleEvidence = "abstain"
    """What `auto` does where too little was measured: refuse, or answer by a rule."""
    on_tie: OnTie = "cheapest"
    """Which of the candidates near the best `auto` means."""
    max_body_bytes: int = 64 * 2**20
    """Longest request; images are long."""
    listing_age_s: float = 10.0
    """Age in seconds at which what a server says of its models is asked anew; 0: with each request."""
    loaded_age_s: float = 2.0
    """The same for what is loaded."""
    policies_age_s: float = 1.0
    """Age in seconds at which the policies are read anew."""
    trial_look_s: float = 1.0
    """Least time in seconds between two looks at the outcomes of a trial."""
    trial_quiet_s: float = QUIET_S
    """Seconds without a call or an outcome after which a conversation counts in a trial."""
    shadow_patience_s: float = 30.0
    """Longest wait in seconds of a challenger that is asked too for an idle slot."""
    shadow_quiet_s: float = 20.0
    """Seconds without a client's call after which a server may load another model for it."""
    on_finished: Callable[[FinishedCall], None] = _nothing
    """Called on the event loop after each request; must return at once."""
