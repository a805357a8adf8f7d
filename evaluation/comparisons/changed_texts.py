"""Does a difference hang on texts that come out otherwise whenever they are asked for again?

A server that answers several requests in one batch need not repeat itself, not even with one seed at temperature 0.
Where two runs of one candidate tell how many texts change, a difference of no more points than that share may be
another one in the next run, whatever its p-value says of other cases.
"""

from collections.abc import Sequence

from evaluation.comparisons.compared import MetricComparison
from evaluation.comparisons.sides import Side
from evaluation.formatting import percent, points
from evaluation.store.changed_texts import ChangedTexts, find_changed_texts
from evaluation.store.session import Store


def notes_on_changed_texts(store: Store, sides: Sequence[Side], headline: MetricComparison | None) -> tuple[str, ...]:
    """Return a sentence for each side of which a difference in points is no larger than its share of changed texts."""
    if headline is None or headline.metric.unit != "fraction":
        return ()
    differences = {
        (pair.a.label, pair.b.label): pair.found.difference
        for pair in headline.pairs
        if pair.found.difference is not None
    }
    notes = []
    for side in sides:
        of_side = {pair: value for pair, value in differences.items() if side.label in pair}
        if of_side and (texts := _changed(store, side)) is not None:
            small = [pair for pair, value in of_side.items() if abs(value) <= texts.share]
            if small:
                notes.append(_note(side.label, texts, small, differences))
    return tuple(notes)


def _changed(store: Store, side: Side) -> ChangedTexts | None:
    """Of the side's candidate of which most is known; None where no text changed, or nobody asked again."""
    changed_texts = [
        texts for member in side.members if (texts := find_changed_texts(store, member.row_id)) is not None
    ]
    return max((texts for texts in changed_texts if texts.n_changed), key=lambda texts: texts.n, default=None)


def _note(
    label: str,
    texts: ChangedTexts,
    small: Sequence[tuple[str, str]],
    differences: dict[tuple[str, str], float],
) -> str:
    a, b = small[0]
    more = f" and {len(small) - 1} others" if len(small) > 1 else ""
    step = "; --slots 1 is reproducible" if texts.slots > 1 else ""
    return (
        f"{label}: {texts.n_changed:,} of {texts.n:,} outputs changed when run {texts.run_id} repeated the same cases "
        f"and seeds (at most {texts.slots} at a time): a difference within {percent(texts.share)} of the cases, "
        f"such as {a} – {b} ({points(differences[a, b], signed=True)} points){more}, may not reproduce{step}"
    )
