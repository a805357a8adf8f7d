"""Which conversations are a challenger's: by a hash, so that every process says the same and a conversation stays."""

import hashlib

from evaluation.records.policies import Trial

_BYTES = 8


def is_in_share(trial: Trial, conversation: str) -> bool:
    """Check whether a conversation is in the share of the challenger.

    Args:
        trial: Its id makes the shares of two trials independent of one another.
        conversation: A hash that calls of one conversation share.
    """
    digest = hashlib.sha256(f"{trial.trial_id}\0{conversation}".encode()).digest()
    return int.from_bytes(digest[:_BYTES], "big") / 2.0 ** (8 * _BYTES) < trial.share
