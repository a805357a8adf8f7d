"""Commands and options within sentences that are written for the command line too, shown as code on a page."""

import re

from markupsafe import Markup, escape

_COMMAND = re.compile(
    r"`((?:benchwright|ollama|pip|python|prefect) [^`\n]{1,300}|--?[a-z][^`\n]{0,300}"
    r"|[A-Z]+_[A-Z_]+(?:=[^`\n]{0,200})?)`"
)
"""What stands between backticks and begins as a command, an option or a variable; other backticks stay as they are."""


def with_commands(text: str) -> Markup:
    """Return a text, escaped, in which commands, options and variables between backticks are code."""
    parts = _COMMAND.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
