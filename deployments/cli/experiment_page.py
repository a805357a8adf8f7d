"""How an experiment, and the difference of two runs, look on the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from deployments.cli.tables import print_details, print_table, say
from evaluation.reports.tables import counted, shown_estimate

_SHOWN_CASES = 10
_SHOWN_LETTERS = 60


def print_experiment(found: Mapping[str, Any]) -> None:
    """Prints an experiment with its runs and notes."""
    say()
    marks = ["★"] if found["favourite"] else []
    print_details(
        {
            "experiment": " ".join([found["experiment"], *marks]),
            "question": found["question"],
            "description": found["description"],
            "tags": found["tags"],
            "template": _template_line(found["template"]),
            "archived": "yes" if found["archived"] else None,
        }
    )
    say()
    if found["runs"]:
        print_table(
            ("run", "status", "benchmark", "cases", "candidates", "headline", "highest"),
            [_run_cells(run) for run in found["runs"]],
        )
        say("The highest value is not a verdict: `benchwright compare RUN …` says which candidate is better.")
    else:
        say("It has no run yet.")
    for one in found["comparisons"]:
        say(f"comparison {one['comparison_id'][:8]} ({one['benchmark']}): {one['sentence'] or '–'}")
    for note in found["annotations"]:
        say(f"{note['created_at'][:10]} {note['author']}{_on(note)}: {note['text']}")


def _template_line(template: Mapping[str, Any] | None) -> str | None:
    if template is None:
        return None
    return ", ".join(
        f"{name}: {value if not isinstance(value, list) else ' '.join(map(str, value))}"
        for name, value in template.items()
    )


def _run_cells(run: Mapping[str, Any]) -> tuple[object, ...]:
    highest = run["highest"]
    names = run["candidates"]
    shown = names if len(names) < 4 else [*names[:3], f"… {len(names)} in all"]
    return (
        run["run_id"][:8],
        run["status"],
        run["benchmark"],
        run["n_cases"],
        shown,
        run["headline"],
        f"{highest['candidate']} {shown_estimate(highest)}" if highest else None,
    )


def _on(note: Mapping[str, Any]) -> str:
    if note["run_id"]:
        case = f", case {note['case_id']}" if note["case_id"] else ""
        return f" (run {note['run_id'][:8]}{case})"
    return f" (comparison {note['comparison_id'][:8]})" if note["comparison_id"] else ""


def print_diff(found: Mapping[str, Any]) -> None:
    """Prints how two runs differ."""
    first, second = (run_id[:8] for run_id in found["runs"])
    say()
    say(f"run {first} and run {second}")
    say()
    _print_parameters("of the runs", found["parameters"], first, second)
    for one, which in (("only_in_first", first), ("only_in_second", second)):
        if found[one]:
            say(f"only in {which}: {', '.join(found[one])}")
    for candidate in found["candidates"]:
        _print_candidate(candidate, first, second)
    if not found["same_cases"]:
        say("The runs asked different benchmark versions: their numbers are not comparable, nor are their cases.")
    elif found["candidates"]:
        say(f"Whether a difference is more than chance: `benchwright compare {first} {second}`.")


def _print_candidate(candidate: Mapping[str, Any], first: str, second: str) -> None:
    say()
    say(candidate["candidate"])
    _print_parameters("of the candidate", candidate["parameters"], first, second)
    if candidate["scores"]:
        print_table(
            ("metric", first, second, f"{second} less {first}"),
            [
                (
                    score["metric"],
                    shown_estimate(score["first"]),
                    shown_estimate(score["second"]),
                    "not comparable: another signature"
                    if score["difference"] is None
                    else f"{score['difference']:+.4g}",
                )
                for score in candidate["scores"]
            ],
        )
    if cases := candidate["cases"]:
        say(
            f"{cases['metric']}: of {counted(cases['n_both'], 'case')} in both, {len(cases['better']):,} better and "
            f"{len(cases['worse']):,} worse in {second}"
        )
        for word in ("better", "worse"):
            if cases[word]:
                say(f"  {word}: {_listed(cases[word])}")


def _print_parameters(whose: str, parameters: Mapping[str, Sequence[Any]], first: str, second: str) -> None:
    if not parameters:
        say(f"No difference in the parameters {whose}.")
        return
    print_table(
        ("parameter", first, second),
        [(name, _short(values[0]), _short(values[1])) for name, values in parameters.items()],
    )


def _short(value: Any) -> str | None:
    if value is None:
        return None
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _SHOWN_LETTERS else text[: _SHOWN_LETTERS - 1] + "…"


def _listed(case_ids: Sequence[str]) -> str:
    more = f", … {len(case_ids):,} in all (--json lists them)" if len(case_ids) > _SHOWN_CASES else ""
    return ", ".join(case_ids[:_SHOWN_CASES]) + more
