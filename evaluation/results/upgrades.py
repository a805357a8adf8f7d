"""What a look at the models of policies found."""

from dataclasses import dataclass

from evaluation.formatting import counted
from evaluation.records.policies import Upgrade


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeLook:
    """What a look found, and what came of testing it."""

    n_policies: int
    """Policies that watch upgrades."""
    n_servers: int
    """Servers that answered."""
    away: tuple[str, ...]
    """Sentences on servers that did not answer; nothing is concluded of what they have."""
    kept: tuple[str, ...]
    """Names that were made so that servers keep the weights which policies use."""
    notes: tuple[str, ...]
    upgrades: tuple[Upgrade, ...]
    """Upgrades on which nobody has decided."""

    @property
    def sentence(self) -> str:
        """The look in one line."""
        n_tested = sum(upgrade.state == "tested" for upgrade in self.upgrades)
        away = f", {len(self.away)} did not answer" if self.away else ""
        watched = f"{counted(self.n_policies, 'policy', 'policies')} watched on {counted(self.n_servers, 'server')}"
        return f"{watched}{away}: {counted(len(self.upgrades), 'open upgrade')}, {n_tested} tested"
