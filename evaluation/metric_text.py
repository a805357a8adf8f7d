"""Does a text name a metric by its name, or a class in a file? Asked by benchmarks and by metrics alike."""

import re

_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\s*\(.*\))?", re.DOTALL)


def names_a_file(text: str) -> bool:
    """True where `text` can only be meant for a metric in a file: `path.py:Name`, with or without options."""
    return ".py:" in text and not _PLAIN.fullmatch(text.strip())
