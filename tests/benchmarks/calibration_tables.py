"""The tables of docs/statistics.md, from the lines that `calibration.py` printed.

    python tests/benchmarks/calibration.py fixed >>figures.jsonl      # and the other parts
    python tests/benchmarks/calibration_tables.py figures.jsonl       # writes them between their marks

Several lines of one part are taken together, so that a part can be computed in pieces.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Cell = Mapping[str, Any]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"
_BESIDE = {"mid_p": "mid-p"}


def read(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The figures by part, cells of several lines together; a later cell replaces an earlier one."""
    parts: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line.strip():
            found = json.loads(line)
            part = parts.setdefault(found["part"], {**found, "cells": {}, "seconds": 0.0})
            if (part["seed"], part["simulations"]) != (found["seed"], found["simulations"]):
                raise ValueError(f"lines of {found['part']} have different seeds or numbers of comparisons")
            part["date"] = max(part["date"], found["date"])
            part["seconds"] += found["seconds"]
            part["cells"].update({(cell["population"], cell["cases"]): cell for cell in found["cells"]})
    return parts


def tables(part: Mapping[str, Any]) -> str:
    """Markdown: where the figures come from, then the tables of the part."""
    cells = list(part["cells"].values())
    missed = [f"{cell['population']}, {cell['cases']} cases: {word}" for cell in cells for word in cell["missed"]]
    head = (
        f"{part['date']}, seed {part['seed']}, {part['simulations']:,} comparisons a cell. "
        f"Bounds missed by more than two standard errors: {'; '.join(missed) if missed else 'none'}."
    )
    return "\n\n".join([head, *_TABLES[part["part"]](cells)])


def _fixed(cells: Sequence[Cell]) -> list[str]:
    cases = sorted({cell["cases"] for cell in cells})
    columns = [f"n = {n}" for n in cases]

    def grid(title: str, figure: Callable[[Cell], str], first: str = "population") -> str:
        rows = [
            [name, *[figure(at[n]) if n in at else "" for n in cases]] for name, at in _by_population(cells).items()
        ]
        return _table(title, [first, *columns], rows)

    return [
        grid("**False alarms**, no true difference:", lambda cell: _percent(cell["alike"]["rejected"])),
        grid(
            "**Coverage** of the 95 % interval, without a true difference / with one:",
            lambda cell: f"{_share(cell['alike']['covered'])} / {_share(cell['differ']['covered'])}",
        ),
        grid(
            "**Power** at the true difference given, and as a share of the matching test's (in brackets: a test that"
            " fails the check of false alarms itself):",
            _power,
        ),
        _beside([cell for cell in cells if "mid_p" in cell["alike"]["others"]]),
    ]


def _power(cell: Cell) -> str:
    differ, alike, match = cell["differ"], cell["alike"], cell["match"]
    ratio = f"{cell['power_ratio']['share']:.3f}"
    theirs = alike["others"][match]
    is_fit = theirs["share"] <= 0.05 + 2 * (0.05 * 0.95 / _n(differ["rejected"])) ** 0.5
    return f"{_share(differ['rejected'])} at {_short(differ['truth'])}: {ratio if is_fit else f'[{ratio}]'}"


def _n(share: Mapping[str, float]) -> float:
    """How many comparisons a share was taken from, by its standard error."""
    value, error = share["share"], share["error"]
    return value * (1 - value) / error**2 if error else float("inf")


def _beside(cells: Sequence[Cell]) -> str:
    names = list(cells[0]["alike"]["others"]) if cells else []
    rows = [
        [
            f"{cell['population']}, {cell['cases']}",
            *[
                f"{_percent(cell['alike']['others'][name])}, {_share(cell['differ']['others'][name])}"
                for name in names
                if name in cell["alike"]["others"]
            ],
        ]
        for cell in cells
    ]
    title = "**Right or wrong: what other tests would say** of the same comparisons, false alarms and power:"
    return _table(title, ["population, cases", *[_BESIDE.get(name, name) for name in names]], rows) if cells else ""


def _equivalence(cells: Sequence[Cell]) -> list[str]:
    rows = [
        [
            f"{cell['population']}, {cell['cases']}",
            *[_percent(share) for share in cell["called"].values()],
            _percent(cell["ttest"]["0.0"]),
        ]
        for cell in cells
    ]
    heads = [f"{100 * float(word):.0f} points" for word in cells[0]["called"]]
    return [_table("", ["population, cases", *heads, "two t-tests, 0 points"], rows)]


_TABLES: Mapping[str, Callable[[Sequence[Cell]], list[str]]] = {
    "fixed": _fixed,
    "equivalence": _equivalence,
}


def _by_population(cells: Sequence[Cell]) -> dict[str, dict[int, Cell]]:
    rows: dict[str, dict[int, Cell]] = {}
    for cell in cells:
        rows.setdefault(cell["population"], {})[cell["cases"]] = cell
    return rows


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{title}\n\n{text}" if title else text


def _percent(share: Mapping[str, float]) -> str:
    return f"{100 * share['share']:.1f} % (±{100 * share['error']:.1f})"


def _short(number: float) -> str:
    return f"{number:.3g}".removeprefix("0")


def _share(share: Mapping[str, float]) -> str:
    return f"{share['share']:.3f}".removeprefix("0")


def written(page: str, part: str, text: str) -> str:
    """The page with the text between the marks of the part.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- calibration {part}: begin -->", f"<!-- calibration {part}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page lacks {begin} or {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


def main() -> None:
    """Writes the tables of every part that the files have."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", type=Path, nargs="+", help="lines printed by calibration.py")
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    page = asked.page.read_text()
    for name, part in read(line for file in asked.files for line in file.read_text().splitlines()).items():
        page = written(page, name, tables(part))
    asked.page.write_text(page)


if __name__ == "__main__":
    main()
