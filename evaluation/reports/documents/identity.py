"""What identifies the candidates and metrics of a run, so that somebody else can repeat it."""

from collections.abc import Mapping

from evaluation.reports.documents.report import Part, Section, text_table
from evaluation.results.runs import CandidateResult, RunResult
from evaluation.run_results.ranking import ranked

UNVERIFIED = "unverified"
"""Shown for weights whose digest no server told."""


def candidates_section(run: RunResult, *, of: str = "") -> Section:
    """Return the candidates with their weights, options and servers; options that all share stand below the table."""
    candidates = ranked(run)
    shared = dict(candidates[0].options) if candidates else {}
    for candidate in candidates:
        shared = {name: value for name, value in shared.items() if candidate.options.get(name, ...) == value}
    return Section(
        part=Part.APPENDIX,
        title=f"Candidates{of}",
        tables=text_table([_row(candidate, shared) for candidate in candidates]),
        after=(f"Options of all: {_options(shared)}.",) if shared else (),
    )


def _row(candidate: CandidateResult, shared: Mapping[str, object]) -> dict[str, str]:
    own = {name: value for name, value in candidate.options.items() if name not in shared}
    quantization = candidate.details.get("quantization")
    server = f"{candidate.endpoint} ({candidate.provider} {candidate.server_version or ''}".rstrip()
    return {
        "candidate": candidate.label,
        "digest": (candidate.digest or UNVERIFIED).removeprefix("sha256:")[:12],
        "quantisation": str(quantization or "–"),
        "server": f"{server})",
        "own options": _options(own) or "–",
        "fingerprint": candidate.fingerprint[:12],
    }


def _options(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())


def measured_section(run: RunResult, *, of: str = "") -> Section:
    """Return the metrics with their options, as they are stored with every score."""
    rows = [{"metric": name, "signature": signature} for name, signature in run.metrics.items()]
    return Section(part=Part.APPENDIX, title=f"Metrics{of}", tables=text_table(rows))
