"""A comparison as sections of a page: the tables and sentences of the command line, with links to cases and runs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from deployments.api.pages.pair_answers import ComparedAnswers
from deployments.api.pages.rendering import address
from deployments.api.pages.sections import Bar, Cell, Compared, Link, PairChoice, Section, Table, drawn, table_of
from deployments.api.pages.word_diff import both_marked
from evaluation.comparisons.preference_words import preference_lines, preference_rows
from evaluation.comparisons.sentences import n_tested, pair_sentence
from evaluation.errors import as_sentence
from evaluation.formatting import counted
from evaluation.reports.comparisons.charts import differences, side_latencies, sides_against_cost
from evaluation.reports.comparisons.power_chart import power_chart, power_lines, power_rows
from evaluation.reports.comparisons.tables import (
    COUNTS,
    FOR_ALL_PAIRS,
    dropped_lines,
    flip_line,
    flip_rows,
    gate_line,
    is_pair,
    matrix_rows,
    matrix_title,
    metric_rows,
    more_sides,
    note_lines,
    pair_rows,
    reading_lines,
    side_rows,
    side_source_rows,
    tail_lines,
    title,
    zero_lines,
)
from evaluation.results.comparisons import ComparisonResult, Flip, Flips
from evaluation.results.pairs import PairResult

BARS = 100
"""Most pairs that are drawn one by one."""
PAIR = "pair"
"""What addresses name the cases of a chosen pair by."""
OPEN_BARS = 3
"""Most pairs that are in sight at once."""


def comparison_sections(
    result: ComparisonResult, answers: ComparedAnswers, *, chosen: Flips | None = None
) -> tuple[Section, ...]:
    """Return a comparison as sections, in the order of the command line.

    Args:
        result: The comparison.
        answers: Where its answers are.
        chosen: The pair that somebody chose, whose cases come first.
    """
    return (
        *(() if chosen is None else _of_pair(result, answers, chosen)),
        *(_of_two(result) if is_pair(result) else _of_many(result, answers)),
        *(() if chosen is not None or is_pair(result) else (_choice(result),)),
        _bars(result, answers),
        Section(
            title="Pictures",
            pictures=drawn(differences(result), sides_against_cost(result), side_latencies(result)),
        ),
        Section(
            title="How many more cases would tell",
            table=table_of("Pairs that are open", power_rows(result)),
            pictures=drawn(power_chart(result)),
            after=tuple(power_lines(result)),
        ),
        *_preferences(result),
        *(section for flips in _other_flips(result, chosen) for section in _flips(result, answers, flips)),
        Section(
            title="What is left out",
            lines=(*dropped_lines(result), *zero_lines(result), *tail_lines(result)),
        ),
        _sources(result),
    )


def _of_two(result: ComparisonResult) -> Iterator[Section]:
    yield Section(
        title="By metric",
        table=table_of("Both sides by metric", metric_rows(result)),
        after=(
            "* headline. Differences are the first side minus the second, paired, with their 95 % intervals.",
            *reading_lines(result),
        ),
    )


def _of_many(result: ComparisonResult, answers: ComparedAnswers) -> Iterator[Section]:
    if not result.metrics:
        return
    headline = result.metrics[0]
    gate = gate_line(headline)
    yield Section(
        title="Sides, best first",
        table=table_of("Sides, best first", side_rows(result)),
        after=(
            *more_sides(result),
            *(() if gate is None else (f"{headline.metric}: {gate}.",)),
            *headline.notes,
            *reading_lines(result),
        ),
        words=("letters", "rank", "p (Holm)"),
    )
    if result.against is None:
        yield Section(
            title=matrix_title(result),
            table=table_of(matrix_title(result), matrix_rows(result)),
        )
    yield Section(
        title=f"{title(headline.metric)}, pair by pair",
        table=_pair_table(result, answers),
        after=(
            *((FOR_ALL_PAIRS,) if len(result.headline_pairs) > 1 else ()),
            "A pair leads to its cases here, a number to them in the answers.",
        ),
    )


def _pair_table(result: ComparisonResult, answers: ComparedAnswers) -> Table:
    """Return the pairs of the headline; a pair and its counts lead to its cases."""
    pairs, rows = result.headline_pairs, pair_rows(result, result.metrics[0].metric)
    place = list(rows[0]).index(COUNTS) if rows else 0
    cells: list[tuple[Cell, ...]] = []
    for pair, row in zip(pairs, rows, strict=True):
        name, *texts = row.values()
        counts = answers.counts(pair)
        link = Link(text=name, address=f"{_pair_address(result, pair.a, pair.b)}#{PAIR}")
        cells.append((link, *texts[: place - 1], *counts, *texts[place:]))
    columns = tuple(rows[0]) if rows else ()
    return Table(
        label="Pairs",
        columns=(*columns[:place], "first better", "equal", "second better", *columns[place + 1 :]),
        rows=tuple(cells),
    )


def _pair_address(result: ComparisonResult, first: str, second: str) -> str:
    return address(f"/comparisons/{result.comparison_id}", first=first, second=second)


def _choice(result: ComparisonResult, flips: Flips | None = None) -> Section:
    """Return the form that asks for a pair."""
    names = tuple(side.label for side in result.sides if side.label not in result.unscored)
    order = result.metrics[0].order if result.metrics else ()
    first, second = (flips.a, flips.b) if flips else (*order[:2], "", "")[:2]
    title_of = "The cases of any two"
    return Section(title=title_of, choice=PairChoice(names=names, first=first, second=second), anchor=PAIR)


def _of_pair(result: ComparisonResult, answers: ComparedAnswers, flips: Flips) -> Iterator[Section]:
    """Yield the pair that somebody chose: the form, what was found of it, and its cases."""
    pair = _pair_of(result, flips)
    lines = () if pair is None else (f"{pair_sentence(pair, n_adjusted=n_tested(result.headline_pairs))}.",)
    yield replace(_choice(result, flips), bars=() if pair is None else (_bar(pair, answers),), lines=lines)
    yield from _flips(result, answers, flips)


def _pair_of(result: ComparisonResult, flips: Flips) -> PairResult | None:
    both = {flips.a, flips.b}
    return next((pair for pair in result.headline_pairs if {pair.a, pair.b} == both), None)


def _other_flips(result: ComparisonResult, chosen: Flips | None) -> Iterator[Flips]:
    """Yield the pairs whose cases every such page shows, but the one that was chosen, which comes before."""
    shown = set() if chosen is None else {chosen.a, chosen.b}
    return (flips for flips in result.flips if {flips.a, flips.b} != shown)


def _bar(pair: PairResult, answers: ComparedAnswers, sentence: str = "") -> Bar:
    where = answers.of(pair)
    return Bar(
        first=pair.a,
        second=pair.b,
        n_first=pair.n_better_a,
        n_equal=pair.n_equal,
        n_second=pair.n_better_b,
        sentence=sentence,
        links=None if where is None else (where.first, where.equal, where.second),
    )


def _bars(result: ComparisonResult, answers: ComparedAnswers) -> Section:
    pairs = result.headline_pairs
    n_adjusted = n_tested(pairs)
    left = len(pairs) - BARS
    return Section(
        title="Who wins how many cases",
        bars=tuple(
            _bar(pair, answers, f"{pair_sentence(pair, n_adjusted=n_adjusted)}." if len(pairs) > 1 else "")
            for pair in pairs[:BARS]
        ),
        folded=f"{counted(len(pairs), 'pair')}, each in a sentence" if len(pairs) > OPEN_BARS else "",
        after=(f"{counted(left, 'more pair')} in the table above.",) if left > 0 else (),
    )


def _preferences(result: ComparisonResult) -> Iterator[Section]:
    for preference in result.preferences:
        heading = f"{preference.word}: who is preferred"
        yield Section(
            title=heading,
            table=table_of(heading, preference_rows(preference.ranking)),
            after=tuple(preference_lines(preference)),
        )


def _flips(result: ComparisonResult, answers: ComparedAnswers, flips: Flips) -> Iterator[Section]:
    line = flip_line(flips)
    if line is None:
        return
    yield Section(title=line, links=_answers_of(result, answers, flips))
    for better, winner, n_better in (
        (flips.better_a, flips.a, flips.n_better_a),
        (flips.better_b, flips.b, flips.n_better_b),
    ):
        if better:
            left = n_better - len(better)
            heading = f"Better answered by {winner} than by {flips.b if winner == flips.a else flips.a}"
            yield Section(
                title=heading,
                table=_flip_table(flips, better, f"Cases: {heading}"),
                after=(
                    "Words that the other answer lacks are underlined.",
                    *((f"The {len(better):,} clearest; {left:,} more.",) if left else ()),
                ),
            )


def _answers_of(result: ComparisonResult, answers: ComparedAnswers, flips: Flips) -> tuple[Link, ...]:
    """Return links to all such cases side by side, where both sides answered in one run."""
    pair = _pair_of(result, flips)
    where = None if pair is None else answers.of(pair)
    if pair is None or where is None:
        return ()
    return tuple(
        Link(text=f"All cases that {better} answers better than {worse}", address=address_of)
        for better, worse, address_of in ((pair.a, pair.b, where.first), (pair.b, pair.a, where.second))
    )


def _flip_table(flips: Flips, better: Sequence[Flip], label: str) -> Table:
    """Return the cases that one side won, with their answers compared; each leads to its case."""
    rows = flip_rows(flips, better)
    is_elsewhere = flips.run_a != flips.run_b
    cells: list[tuple[Cell, ...]] = []
    for flip, row in zip(better, rows, strict=True):
        values, *answers = tuple(row.values())[1:]
        case = Link(text=flip.case_id, address=_case(flips.run_a, flip, flips.b))
        other = (Link(text=f"in run {flips.run_b[:8]}", address=_case(flips.run_b, flip, flips.a)),)
        cells.append((case, values, *_compared(*answers), *(other if is_elsewhere else ())))
    columns = (*rows[0], *(("second side",) if is_elsewhere else ()))
    return Table(label=label, columns=columns, rows=tuple(cells))


def _compared(first: str, second: str) -> tuple[Cell, Cell]:
    marked = both_marked(first, second)
    return (first, second) if marked is None else (Compared(marked[0]), Compared(marked[1]))


def _case(run_id: str, flip: Flip, against: str) -> str:
    return address(f"/runs/{run_id}/case", id=flip.case_id, against=against)


def _sources(result: ComparisonResult) -> Section:
    return Section(
        title="Where the numbers come from",
        table=table_of(
            "Sides and their runs", side_source_rows(result), links={"run": lambda row: f"/runs/{row['run']}"}
        ),
        after=(
            *(as_sentence(note) for note in note_lines(result)),
            f"Benchmark version {result.benchmark_version[:12]}, code {result.code_version}.",
        ),
        links=tuple(Link(text=f"Run {run_id[:8]}", address=f"/runs/{run_id}") for run_id in result.run_ids),
    )
