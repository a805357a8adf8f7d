"""A candidate as YAML: readable, with its evidence in comments, and read back to the same candidate."""

import re
from functools import cache
from typing import Any

from evaluation.candidate_files.comments import comment, comment_lines
from evaluation.candidate_files.configuration import CandidateExport
from evaluation.candidate_files.content import WRITE_ANOTHER, content_of
from evaluation.errors import ConfigurationError
from evaluation.escaping import for_terminal
from evaluation.files.yaml_text import read_yaml

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9._/@-]*(:[A-Za-z0-9._-]+)?")
"""Text that stands without quotes, unless it is a word of YAML such as `no`."""


def as_yaml(export: CandidateExport) -> str:
    """Return the candidate as a YAML file."""
    content = content_of(export)
    text = _dumped(content, has_blocks=True)
    if read_yaml(text, is_settings=True) != content:  # a text that no block holds exactly
        text = _dumped(content, has_blocks=False)
    again = comment("measure it again: benchwright evaluate --candidate @FILE --benchmark NAME")
    return "\n".join((*comment_lines(export), again, "")) + text


def _dumped(content: dict[str, Any], *, has_blocks: bool) -> str:
    import yaml

    dumper = _dumper(has_blocks)
    text = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    if text == for_terminal(text):
        return text
    # ASCII alone: whoever wrote the prompts cannot trick the terminal on which they are printed.
    return yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=False, width=120)


@cache
def _dumper(has_blocks: bool) -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        is_block = has_blocks and "\n" in value
        style = "|" if is_block else None if _WORD.fullmatch(value) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper


def read_yaml_content(text: str, *, source: str) -> Any:
    """Return the content of a YAML file.

    Raises:
        ConfigurationError: it is not YAML.
    """
    import yaml

    try:
        return read_yaml(text, is_settings=True)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{source} is not YAML: {' '.join(str(error).split())}", WRITE_ANOTHER) from None
