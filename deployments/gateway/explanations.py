"""Who answered, and why: as headers, and at length in the answer where the client asks for it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployments.gateway.plans import Plan, Target
from evaluation.errors import BenchwrightError

_MOST_CHARACTERS = 900
EXPLAINED = "benchwright"
"""Field of an answer that holds the explanation."""


@dataclass(slots=True, kw_only=True)
class Story:
    """What happened with a request until it was answered."""

    plan: Plan
    notes: Sequence[str] = ()
    """Why others were not asked first."""
    failures: list[tuple[Target, BenchwrightError]] = field(default_factory=list)
    """Who was asked in vain."""
    recommendation_id: str | None = None
    """Of the candidate that answers, once one does."""

    def headers(self, target: Target) -> dict[str, str]:
        """Return the headers of the answer that a target gives, whose recommendation is stored with it."""
        reason = self.reason(target)
        if self.plan.recommended is not None:
            self.recommendation_id = self.plan.recommended(target, reason).id
        headers = {"x-benchwright-candidate": header_value(target.label)}
        if target.benchmark is not None:
            headers["x-benchwright-benchmark"] = header_value(target.benchmark)
        if self.recommendation_id is not None:
            headers["x-benchwright-recommendation"] = self.recommendation_id
        return headers | {"x-benchwright-reason": header_value(reason)}

    def reason(self, target: Target) -> str:
        """Return why the target answers."""
        told = [*self.notes, *(f"{_at(failed)} failed: {error.message}" for failed, error in self.failures)]
        if self.plan.reason is None:
            told.append(f"the request names {target.model}")
        else:
            told += [] if target.rank == 0 else [*self.plan.skipped, f"{target.label} is next in rank"]
            told.append(self.plan.reason)
        if target.candidate is not None and target.model != target.candidate.model:
            told.append(f"its weights are those of {target.model} now")
        return "; ".join(told)

    def explanation(self, target: Target) -> dict[str, Any]:
        """Return the explanation at length; takes a moment."""
        return {
            "candidate": target.label,
            "model": target.model,
            "endpoint": target.upstream.name,
            "task": self.plan.task,
            "policy": None if self.plan.policy is None else self.plan.policy.name,
            "recommendation": self.recommendation_id,
            "reason": self.reason(target),
            "explanation": None if self.plan.explain is None else self.plan.explain(),
            "failed": [{"candidate": _at(failed), "error": str(error)} for failed, error in self.failures],
            "skipped": list(self.plan.skipped),
        }


def _at(target: Target) -> str:
    return f"{target.label} on {target.upstream.name}"


def header_value(text: str) -> str:
    """Return a text that is safe as the value of a header: printable ASCII on one line, not too long."""
    line = " ".join(text.split())
    ascii_only = line.encode("ascii", "backslashreplace").decode()
    printable = "".join(letter if " " <= letter <= "~" else "?" for letter in ascii_only)
    return printable if len(printable) <= _MOST_CHARACTERS else printable[: _MOST_CHARACTERS - 3] + "..."


def explained(data: bytes, explanation: Mapping[str, Any]) -> bytes:
    """Return the first piece of an answer, with the explanation in its first record."""
    prefix = b"data: " if data.startswith(b"data: ") else b""
    line, feed, rest = data.removeprefix(prefix).partition(b"\n") if prefix else _first_record(data)
    try:
        record = json.loads(line)
    except ValueError:
        return data
    if not isinstance(record, dict):
        return data
    return prefix + json.dumps(record | {EXPLAINED: dict(explanation)}).encode() + feed + rest


def _first_record(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the first record, what ends it, and the rest; a reply without a stream is one over all its lines."""
    line, feed, rest = data.partition(b"\n")
    return (line, feed, rest) if rest == b"" or line.rstrip().endswith(b"}") else (data, b"", b"")
