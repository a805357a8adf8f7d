"""Places in the templates of pipelines: `{text}` is filled in, and a name that nothing fills is refused."""

import re
from collections.abc import Sequence

from evaluation.errors import ConfigurationError
from evaluation.formatting import listed

_PLACE = re.compile(
    r"\\[A-Za-z]+(?:\{[^{}]*\})+"  # a command of LaTeX: \boxed{x}, \frac{a}{b}
    r"|[\^$]\{[^{}]*\}|_\{\w\}"  # an exponent, an index, a variable of a shell
    r"|\{\{[^{}]*\}\}"
    r"|\{([A-Za-z_]\w*)\}"
)
"""A name in braces that is meant to be filled in, as group 1; what only looks like one has no group 1."""


def refuse_placeholders(where: str, template: str, *, filled: Sequence[str], needed: Sequence[str] = ()) -> None:
    """Refuse a template with a place that nothing fills, or without one that it needs.

    Args:
        where: The pipeline and its option, for the message.
        template: The template.
        filled: Names that are filled in.
        needed: Those of them without which it makes no sense.

    Raises:
        ConfigurationError: names the placeholder, and those that exist.
    """
    places = [f"{{{name}}}" for name in filled]
    there = f"Placeholders: {listed(places, len(places))}." if places else "It has no placeholders."
    for name in filter(None, _PLACE.findall(template)):
        if name not in filled:
            raise ConfigurationError(
                f"{where} has the unknown placeholder {{{name}}}",
                f"{there} Write {{ {name} }} with spaces where the braces are meant as they are.",
            )
    for name in needed:
        if f"{{{name}}}" not in template:
            raise ConfigurationError(f"{where} has no {{{name}}}", f"Write {{{name}}} where it goes. {there}")
