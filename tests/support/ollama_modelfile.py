"""What Ollama's server makes of a Modelfile: its own reader's rules, written down a second time for tests.

A value goes on to the end of the first line at which it, trimmed, is not inside quotes: it began with none, or it
ends with what it began with. Characters that cannot be seen are dropped before that is looked at.
"""

import re

_DIRECTIVE = re.compile(r"(?P<name>[A-Za-z]+)[ \t](?P<rest>.*)", re.DOTALL)
_TRIPLE = '"""'


def read_modelfile(text: str) -> list[tuple[str, str]]:
    """The directives in order: `("FROM", "llama3.2:3b")`, `("PARAMETER temperature", "0.2")`.

    Raises:
        ValueError: the server would refuse the file.
    """
    lines = re.split("[\r\n]", text)
    found: list[tuple[str, str]] = []
    while lines:
        line = lines.pop(0).lstrip(" \t")
        if not line or line.startswith("#"):
            continue
        match = _DIRECTIVE.fullmatch(line)
        if match is None:
            raise ValueError(f"no directive: {line!r}")
        name, value = match["name"].upper(), match["rest"]
        if name == "PARAMETER":
            key, _, value = value.partition(" ")
            name = f"PARAMETER {key}"
        elif name == "MESSAGE":
            role, _, value = value.partition(" ")
            if role not in ("system", "user", "assistant"):
                raise ValueError(f"no role: {role!r}")
            name = f"MESSAGE {role}"
        while (said := _unquoted(value)) is None:
            if not lines:
                raise ValueError(f"quotes of {name} are never closed")
            value += "\n" + lines.pop(0)
        found.append((name, said))
    return found


def _unquoted(value: str) -> str | None:
    """What a value says; None: it is still inside its quotes."""
    seen = "".join(letter for letter in value if letter.isprintable() or letter in "\n\t").strip()
    if seen.startswith(_TRIPLE):
        return seen[3:-3] if len(seen) >= 6 and seen.endswith(_TRIPLE) else None
    if seen.startswith('"'):
        return seen[1:-1] if len(seen) >= 2 and seen.endswith('"') else None
    return seen
