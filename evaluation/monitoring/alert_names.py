"""Names in the words of an alert. They stand in it as they are: whoever shows them escapes them."""

from collections.abc import Sequence


def listed(names: Sequence[str], limit: int = 3) -> str:
    """Return `a, b and c`; of many the first and how many more."""
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
