"""Experiments, and the difference of two runs, on the terminal."""

import shlex
from collections.abc import Mapping, Sequence

from deployments.cli.terminal.split_table import print_split_table
from deployments.cli.terminal.tables import in_words, moment, print_details, print_line
from evaluation.formatting import counted, precise
from evaluation.records.experiments import AnnotationRecord, ComparisonSummary
from evaluation.results.estimates import shown_estimate
from evaluation.results.experiments import (
    CandidateDiff,
    CaseDifferences,
    ExperimentResult,
    ExperimentRun,
    MetricDifference,
    Pairs,
    RunDiff,
)

_SHOWN_CASES = 10
_SHOWN_LETTERS = 60


def print_experiment(shown: ExperimentResult) -> None:
    """Print an experiment with its runs and notes."""
    facts = shown.facts
    print_line()
    marks = ["★"] if facts.is_favourite else []
    print_details(
        {
            "experiment": " ".join([facts.name, *marks]),
            "question": facts.question,
            "description": facts.description,
            "tags": facts.tags,
            "created": moment(facts.created_at),
            "archived": "yes" if facts.is_archived else None,
            "template": _template_lines(facts.template),
        }
    )
    print_line()
    if shown.runs:
        print_split_table([_run_cells(run) for run in shown.runs], words=("highest", "candidates"))
        print_line()
        print_line(
            f"The highest value is not a verdict; to test which is best: benchwright compare {_as_word(facts.name)}"
        )
    else:
        print_line(f"No runs yet; `benchwright evaluate --experiment {_as_word(facts.name)} …` adds some.")
    _print_comparisons(shown.comparisons)
    _print_notes(shown.annotations)


def _as_word(text: str) -> str:
    """Return `text` quoted as one word for a shell."""
    return shlex.quote(text)


def _print_comparisons(comparisons: Sequence[ComparisonSummary]) -> None:
    if comparisons:
        print_line()
        print_line("Comparisons")
    for each in comparisons:
        print_line(f"{each.comparison_id} ({each.benchmark}): {each.sentence or '–'}")


def _print_notes(notes: Sequence[AnnotationRecord]) -> None:
    if notes:
        print_line()
        print_line("Notes")
    for note in notes:
        text = note.text.replace("\n", "\n    ")
        print_line(f"note {note.annotation_id} · {note.created_at:%Y-%m-%d} {note.author}{_on(note)}: {text}")


def _template_lines(template: Mapping[str, object] | None) -> str | None:
    """Return the options, one on each line."""
    if template is None:
        return None
    return "\n".join(f"{name}: {_shown_option(value)}" for name, value in template.items()) or "empty"


def _shown_option(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else in_words(value)


def _run_cells(run: ExperimentRun) -> dict[str, str]:
    highest = run.highest
    names = run.candidates
    shown = names if len(names) < 4 else [*names[:3], f"… {len(names)} in all"]
    return {
        "run": run.run_id[:8],
        "status": run.status,
        "benchmark": run.benchmark,
        "cases": f"{run.n_cases:,}",
        "headline": run.headline,
        "highest": f"{shown_estimate(highest)} {highest.label}" if highest else "–",
        "candidates": ", ".join(shown),
    }


def _on(note: AnnotationRecord) -> str:
    if note.run_id:
        case = f", case {note.case_id}" if note.case_id else ""
        return f" (run {note.run_id[:8]}{case})"
    return f" (comparison {note.comparison_id[:8]})" if note.comparison_id else ""


def print_diff(diff: RunDiff) -> None:
    """Print the differences between two runs."""
    first, second = (run_id[:8] for run_id in diff.run_ids)
    print_line()
    print_line(f"run {first} and run {second}")
    print_line()
    _print_parameters("of the runs", diff.parameters, first, second)
    for labels, which in ((diff.only_in_first, first), (diff.only_in_second, second)):
        if labels:
            print_line(f"only in {which}: {', '.join(labels)}")
    for candidate in diff.candidates:
        _print_candidate(candidate, first, second)
    if not diff.same_cases:
        print_line("The runs used different benchmark versions: neither their numbers nor their cases are comparable.")
    elif not diff.has_equal_cases:
        print_line(
            f"The runs asked {diff.cases_words}: their means are not comparable. On the cases in common: "
            f"`benchwright compare {first} {second}`."
        )
    elif diff.candidates:
        print_line(f"To test whether a difference is more than chance: `benchwright compare {first} {second}`.")


def _print_candidate(candidate: CandidateDiff, first: str, second: str) -> None:
    print_line()
    print_line(candidate.title)
    _print_parameters("of the candidate", candidate.parameters, first, second)
    if candidate.scores:
        print_line()
        print_split_table(
            [
                {
                    "metric": score.metric,
                    first: shown_estimate(score.first),
                    second: shown_estimate(score.second),
                    f"{second} less {first}": _difference(score),
                }
                for score in candidate.scores
            ]
        )
        print_line()
    if candidate.cases is not None and candidate.cases.n_both:
        _print_cases(candidate.cases, second)


def _print_cases(cases: CaseDifferences, second: str) -> None:
    print_line(
        f"{cases.metric}: of {counted(cases.n_both, 'case')} in both, {len(cases.better):,} better and "
        f"{len(cases.worse):,} worse in {second}"
    )
    for word, case_ids in (("better", cases.better), ("worse", cases.worse)):
        if case_ids:
            print_line(f"  {word}: {_listed(case_ids)}")


def _print_parameters(whose: str, parameters: Pairs, first: str, second: str) -> None:
    if not parameters:
        print_line(f"No difference in the parameters {whose}.")
        return
    print_split_table(
        [
            {"parameter": name, first: _short(values[0]), second: _short(values[1])}
            for name, values in parameters.items()
        ],
        words=(first, second),
    )


def _difference(score: MetricDifference) -> str:
    if score.difference is not None:
        return precise(score.difference, signed=True)
    return "another signature" if score.first.signature != score.second.signature else "–"


def _short(value: object) -> str:
    if value is None:
        return "–"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _SHOWN_LETTERS else text[: _SHOWN_LETTERS - 1] + "…"


def _listed(case_ids: Sequence[str]) -> str:
    more = f", … {len(case_ids):,} in all (--json lists them)" if len(case_ids) > _SHOWN_CASES else ""
    return ", ".join(case_ids[:_SHOWN_CASES]) + more
