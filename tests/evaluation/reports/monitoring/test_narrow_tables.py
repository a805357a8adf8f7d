"""Tables for a page on which a wide one is cut off: every figure is in one of them, and none is too wide."""

from evaluation.reports.monitoring.page import WIDTH_PX, as_narrow_tables, short_names

FIGURES = ("calls", "success", "quality", "seconds", "tokens", "tokens/s", "J")


def rows_of(*candidates: str, figure: str = "11,312 ↗") -> list[dict[str, str]]:
    return [{"candidate": candidate} | dict.fromkeys(FIGURES, figure) for candidate in candidates]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_figures_that_fit_stand_in_one_table() -> None:
    (table,) = as_narrow_tables(rows_of("m:1b", figure="12"), name="candidate")

    assert ["candidate", *FIGURES] == cells(table.splitlines()[0])
    assert ["m:1b", *["12"] * 7] == cells(table.splitlines()[2])


def test_a_table_is_never_wider_than_the_page_and_no_figure_is_left_out() -> None:
    name = "hf.co/bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q4_K_M"

    tables = as_narrow_tables(rows_of(name, "m:1b"), name="candidate")

    heads = [cells(table.splitlines()[0]) for table in tables]
    assert len(tables) > 1
    assert list(FIGURES) == [column for head in heads for column in head if column != "candidate"]
    for table in tables:
        widths = [
            max(map(len, column)) for column in zip(*map(cells, table.replace("\\", "").splitlines()), strict=True)
        ]
        assert sum(8 * width + 24 for width in widths) <= WIDTH_PX


def test_a_long_name_is_cut_in_its_middle() -> None:
    name = "hf.co/bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q4_K_M"

    assert {name: "hf.co/bartowski/Meta…nstruct-GGUF:Q4_K_M", "m:1b": "m:1b"} == short_names([name, "m:1b"])


def test_names_that_would_look_the_same_are_not_cut() -> None:
    names = [f"hf.co/bartowski/Meta-Llama-3.1-{size}B-Instruct-GGUF:Q4_K_M" for size in (8, 9)]

    assert dict(zip(names, names, strict=True)) == short_names(names)


def test_one_column_that_is_too_wide_has_a_table_of_its_own() -> None:
    row = {"candidate": "m", "wide": "x" * 200, "calls": "1"}

    tables = as_narrow_tables([row], name="candidate")

    assert [["candidate", "wide"], ["candidate", "calls"]] == [cells(table.splitlines()[0]) for table in tables]
