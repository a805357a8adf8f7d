"""The parameters of `retrain`, for the form and the command."""

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
        title="Minimum new evidence",
        description="Stop at once if fewer scored answers and reported outcomes are new since a selection model was "
        "last trained, unless outcomes have drifted from what was expected or scores that were learned "
        "from have changed. Empty: always train. At least 1.",
    )
    seed: int = Field(
        default=0,
        ge=0,
        title="Seed",
        description="Determines how prompts are split into training and held-out ones. The same evidence and the "
        "same seed give the same model. At least 0.",
    )


def read_retrain_request(options: Mapping[str, Any]) -> RetrainRequest:
    """Return the request from the options of the command line.

    Raises:
        ConfigurationError: an invalid value.
    """
    return checked_request(RetrainRequest, options, about="`benchwright retrain --help` lists the options.")
