"""The requests of the upgrade watch: parameters of `watch-upgrades` and `decide-upgrade`, as form and command."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from evaluation.requests.request_model import Names, RequestModel, checked_request


class UpgradeWatch(RequestModel):
    """Which policies' models are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Upgrade watch")

    policies: Names = Field(
        default=[], title="Policies", description="Names of policies that watch upgrades. Empty: all of them."
    )


class UpgradeDecision(RequestModel):
    """What becomes of an upgrade that was tested."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Decision")

    upgrade: str = Field(min_length=1, title="Upgrade", description="Id of the upgrade, as the alert says it.")
    decision: Literal["accept", "decline"] = Field(
        title="Decision",
        description="accept: its policies stand for the changed candidate from now on; decline: they stay as they are.",
    )


def read_upgrade_watch(fields: Mapping[str, Any]) -> UpgradeWatch:
    """Return the request from the options of the command line.

    Raises:
        ConfigurationError: an invalid value.
    """
    return checked_request(UpgradeWatch, fields, about="`benchwright upgrades look --help` lists the options.")
