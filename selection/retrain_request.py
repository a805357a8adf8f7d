"""What a person asks for when selection models are trained anew: the parameters of `retrain`, as form and command."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from evaluation.requests.request_model import RequestModel, checked_request


class RetrainRequest(RequestModel):
    """When selection models are trained, and with which seed."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Retraining")

    if_enough_new: int | None = Field(
        default=None,
        ge=1,
        title="Only if so much is new",
        description="Ends at once where fewer scored answers and reported outcomes than this are new since a "
        "selection model was last trained, unless outcomes have drifted from what was expected or scores that were "
        "learned from are others now. Empty: trains in any case. At least 1.",
    )
    seed: int = Field(
        default=0,
        ge=0,
        title="Seed",
        description="Decides how prompts are parted into those that are learned from and those that are held out. "
        "The same evidence and the same seed give the same model. At least 0.",
    )


def read_retrain_request(options: Mapping[str, Any]) -> RetrainRequest:
    """Return the request that the words of the command line make.

    Raises:
        ConfigurationError: a value that cannot be one.
    """
    return checked_request(RetrainRequest, options, about="`benchwright retrain --help` lists what can be said.")
