"""What identifies the candidates and metrics of a run, so that somebody else can repeat it."""

from evaluation.reports.documents.report import Part, Section, TextTable, text_table
from evaluation.results.runs import CandidateResult, RunResult
from evaluation.run_results.ranking import ranked

UNVERIFIED = "unverified"
"""Shown for weights whose digest no server told."""


def candidate_table(run: RunResult) -> tuple[TextTable, ...]:
    """Return the candidates with their weights, options and servers."""
    return text_table([_row(candidate) for candidate in ranked(run)])


def _row(candidate: CandidateResult) -> dict[str, str]:
    quantization = candidate.details.get("quantization")
    return {
        "candidate": candidate.label,
        "digest": (candidate.digest or UNVERIFIED).removeprefix("sha256:")[:12],
        "quantisation": str(quantization or "–"),
        "server": f"{candidate.endpoint} ({candidate.provider} {candidate.server_version or ''})".replace(" )", ")"),
        "options": ", ".join(f"{name}={value}" for name, value in candidate.options.items()) or "–",
        "fingerprint": candidate.fingerprint[:12],
    }


def measured_section(run: RunResult, *, of: str = "") -> Section:
    """Return the metrics with their options, as they are stored with every score."""
    rows = [{"metric": name, "signature": signature} for name, signature in run.metrics.items()]
    return Section(part=Part.APPENDIX, title=f"Metrics{of}", tables=text_table(rows))
