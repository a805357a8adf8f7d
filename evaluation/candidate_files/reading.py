"""Reading a candidate's file back, of whichever format, and whether it is still what was measured."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.candidate import Candidate
from evaluation.candidate_files.changes import changes_since_written
from evaluation.candidate_files.configuration import CandidateConfiguration, candidate_of
from evaluation.candidate_files.content import WRITE_ANOTHER, read_content
from evaluation.candidate_files.python_file import read_python_content
from evaluation.candidate_files.request_body import content_of_body, is_request_body
from evaluation.candidate_files.yaml_file import read_yaml_content
from evaluation.errors import ConfigurationError
from evaluation.files.bounded_reading import LARGEST_YAML, in_mib
from evaluation.files.unreadable import unreadable

_ENDINGS = ".yaml, .yml, .json, .py"
_OF_SELECTION = ("candidate", "endpoints", "capabilities", "n_parameters", "memory_bytes", "not_ready", "evidence")
"""Keys of `recommend --export json` that do not make the candidate."""


@dataclass(frozen=True, kw_only=True)
class LoadedCandidate:
    """A candidate that was read from a file."""

    path: Path
    configuration: CandidateConfiguration
    written_fingerprint: str | None
    """Fingerprint of the candidate when the file was written; None where the file does not say."""

    @property
    def candidate(self) -> Candidate:
        """The candidate."""
        return candidate_of(self.configuration)

    @property
    def fingerprint(self) -> str:
        """The candidate's fingerprint."""
        return self.candidate.fingerprint

    @property
    def is_changed(self) -> bool:
        """True if it is another candidate than when the file was written, so that its evidence is of that one."""
        return self.written_fingerprint not in (None, self.fingerprint)

    @property
    def changes(self) -> tuple[str, ...]:
        """What changed since it was written, a sentence each: the file, its corpus, or the code of its pipeline."""
        return changes_since_written(self.configuration, self.candidate, self.written_fingerprint, path=self.path)


def read_candidate(path: Path) -> LoadedCandidate:
    """Return the candidate in a file that `export --winner` or `recommend --export` wrote; nothing in it is run.

    Where it names a pipeline of a user's own file, that file is loaded in a process of its own.

    Raises:
        ConfigurationError: no such file, a format that holds no whole candidate, or a bad value.
    """
    source = f"candidate file {str(path)!r}"
    content = _content(path, _text(path, source), source)
    configuration, written = read_content(content, source=source)
    loaded = LoadedCandidate(path=path, configuration=configuration, written_fingerprint=written)
    candidate_of(configuration)
    return loaded


def _text(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_YAML + 1)
    except OSError as error:
        raise unreadable(path, error, what="candidate file") from None
    if len(data) > LARGEST_YAML:
        raise ConfigurationError(f"{source} is longer than {in_mib(LARGEST_YAML)}", WRITE_ANOTHER)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{source} is not UTF-8 text", WRITE_ANOTHER) from None


def _content(path: Path, text: str, source: str) -> Any:
    ending = path.suffix.lower()
    if ending in (".yaml", ".yml"):
        return read_yaml_content(text, source=source)
    if ending == ".py":
        return read_python_content(text, source=source)
    if ending == ".json":
        return _of_json(text, source)
    if "modelfile" in path.name.lower():
        raise ConfigurationError(
            f"{source} is a Modelfile, which makes a model of its own and does not hold the whole candidate",
            "`ollama create NAME -f FILE`, then `--model NAME`; or export it as YAML.",
        )
    raise ConfigurationError(f"{source}: cannot tell the format by its ending; allowed: {_ENDINGS}", WRITE_ANOTHER)


def _of_json(text: str, source: str) -> Any:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{source} is not JSON: {error}", WRITE_ANOTHER) from None
    if is_request_body(content):
        return content_of_body(content, source=source)
    if isinstance(content, Mapping) and "endpoints" in content and isinstance(content.get("profile"), str):
        return _of_selection(content)
    return content


def _of_selection(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content from the keys of `recommend --export json`, where the profile is spread out."""
    rest = {name: value for name, value in content.items() if name not in _OF_SELECTION}
    profile = {"name": rest.pop("profile")}
    profile |= {name: rest.pop(name) for name in ("system", "template", "examples") if name in rest}
    return {**rest, "profile": profile}
