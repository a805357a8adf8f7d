"""Which drafts go on: those that the rules pass, and of those that passed everything, as many as were requested."""

from collections.abc import Sequence

from evaluation.formatting import counted, excerpt
from evaluation.suite_writing.drafts import Check, Draft, Dropped, dropped
from evaluation.suite_writing.rules import checked, without_duplicates

MOST_UNANSWERED = 0.1
"""Share of the drafts for which a server may give no reply; above it no suite is made."""


def checked_by_rules(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Dropped]]:
    """Return the drafts that break no rule and repeat none before them, and the others."""
    results = [checked(draft) for draft in drafts]
    broken = [result for result in results if isinstance(result, Dropped)]
    sound, repeated = without_duplicates([result for result in results if isinstance(result, Draft)])
    return sound, [*broken, *repeated]


def chosen(passed: Sequence[Draft], *, n: int) -> tuple[list[Draft], list[Dropped]]:
    """Return the first `n` drafts, which keeps the plan's mixture of kinds, and the others."""
    reason = f"{counted(n, 'case')} {'was' if n == 1 else 'were'} there already"
    return list(passed[:n]), [dropped(draft, Check.SURPLUS, reason) for draft in passed[n:]]


def too_many_unanswered(drafts: Sequence[Dropped], *, n_drafts: int) -> str | None:
    """Return a sentence where servers left too many requests unanswered; None: they did not."""
    unanswered = [draft for draft in drafts if draft.check in (Check.NO_REPLY, Check.NO_VERDICT)]
    if len(unanswered) <= MOST_UNANSWERED * n_drafts:
        return None
    return (
        f"the servers gave no reply for {len(unanswered):,} of {counted(n_drafts, 'draft')}, "
        f"for example: {excerpt(unanswered[0].reason, 300)}"
    )
