"""Lists of names in the text of an alert. Names are inserted verbatim: the code that displays them escapes them."""

from collections.abc import Sequence


def listed(names: Sequence[str], limit: int = 3) -> str:
    """Return `a, b and c`; of many the first ones and the number of the others."""
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
