"""Fingerprints: hashes over canonical JSON that tell whether two things are the same."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Return `value` as JSON text determined by its content alone: sorted keys, no blanks, no NaN."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def fingerprint(value: Any) -> str:
    """Return SHA-256 of the canonical JSON of `value`, 64 hex digits; texts may hold lone surrogates."""
    return hashlib.sha256(canonical_json(value).encode(errors="surrogatepass")).hexdigest()


def derived_seed(run_seed: int, case_id: str, repeat: int) -> int:
    """Return the seed of one generation, in [0, 2**31): the same for the same run seed, case and repeat number."""
    return int(fingerprint([run_seed, case_id, repeat])[:8], 16) & 0x7FFF_FFFF
