"""An answer in sections, each with a prompt of its own, put together in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from evaluation.case import Message
from evaluation.errors import ConfigurationError
from evaluation.files.bounded_reading import read_settings_text
from evaluation.files.unreadable import unreadable
from evaluation.files.yaml_text import read_yaml
from evaluation.formatting import counted
from evaluation.pipelines.pipeline import (
    READ_FROM,
    Pipeline,
    PipelineInput,
    PipelineResult,
    Stages,
    all_replies,
    filled,
    usable,
)
from evaluation.pipelines.placeholders import refuse_placeholders
from evaluation.pipelines.stages import AskModel
from evaluation.typed_options import WORDS

MOST_SECTIONS = 100
_PLACES = ("document", "question", "sections")
EXAMPLE = "sections: [{name: Summary, prompt: 'Summarize in two sentences: {document}'}, …]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of a report."""

    name: str
    prompt: str
    """`{document}`, `{question}`, and `{sections}`: the sections written before, where they are not written at once."""


def read_sections(path: Path) -> tuple[Section, ...]:
    """Return the sections of a template in a YAML file.

    Raises:
        ConfigurationError: it cannot be read, is not YAML, or has no list of sections with names and prompts.
    """
    import yaml

    try:
        content = read_yaml(read_settings_text(path), is_settings=True)
    except OSError as error:
        raise unreadable(path, error, what="the template of sections") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{str(path)!r} is not YAML: {' '.join(str(error).split())}", f"For example {EXAMPLE}"
        ) from None
    try:
        return sections_in(content)
    except ConfigurationError as error:
        raise ConfigurationError(f"{str(path)!r}: {error.message}", error.next_step) from None


@dataclass(frozen=True, kw_only=True)
class Sectioned(Pipeline):
    """Asks for each section of a report by its own prompt, and joins them under their headings."""

    name: ClassVar[str] = "sectioned"
    example: ClassVar[str] = "sections=report.yaml"
    summary: ClassVar[str] = "writes a report section by section, each by its own prompt"

    sections: tuple[Section, ...] = field(metadata={READ_FROM: read_sections, WORDS: "YAML file"})
    """The sections in their order, each with `name` and `prompt`."""
    parallel: bool = True
    """Write all sections at once; else one after the other, each seeing those before."""
    heading: str = "## {name}\n\n"
    """Text in front of each section; empty for none."""

    def __post_init__(self) -> None:
        """Refuse a report without sections, sections without a name or prompt, and two of one name."""
        if not 1 <= len(self.sections) <= MOST_SECTIONS:
            raise ConfigurationError(
                f"sectioned: {counted(len(self.sections), 'section')}; 1 to {MOST_SECTIONS} are allowed",
                f"For example {EXAMPLE}",
            )
        names = [section.name for section in self.sections]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigurationError(f"sectioned: two sections are named {twice!r}", "Give each a name of its own.")
        for position, section in enumerate(self.sections, 1):
            for part in ("name", "prompt"):
                if not getattr(section, part).strip():
                    raise ConfigurationError(f"sectioned: section {position} has no {part}", f"For example {EXAMPLE}")
            refuse_placeholders(f"sectioned: the prompt of section {section.name!r}", section.prompt, filled=_PLACES)
        refuse_placeholders("sectioned: heading", self.heading, filled=("name",))
        if self.parallel and (user := next((s.name for s in self.sections if "{sections}" in s.prompt), None)):
            raise ConfigurationError(
                f"sectioned: section {user!r} reads {{sections}}, which are written at the same time",
                "Set parallel=false.",
            )

    def run(self, task: PipelineInput) -> Stages:
        """Ask for all sections at once, or one after the other."""
        written: list[str] = []
        for group in [self.sections] if self.parallel else [(section,) for section in self.sections]:
            requests = [self._request(section, task, written) for section in group]
            replies = yield from all_replies(requests)
            written += [
                filled(self.heading, name=section.name) + usable(request, reply).text.strip()
                for section, request, reply in zip(group, requests, replies, strict=True)
            ]
        return PipelineResult(answer="\n\n".join(written), notes={"sections": len(written)})

    def _request(self, section: Section, task: PipelineInput, written: list[str]) -> AskModel:
        values = {"document": task.document, "question": task.question, "sections": "\n\n".join(written)}
        content = filled(section.prompt, **values)
        system = tuple(turn for turn in task.messages if turn.role == "system")
        return AskModel(stage=f"section {section.name}", messages=(*system, Message(role="user", content=content)))


def sections_in(content: Any) -> tuple[Section, ...]:
    """Return the sections of a template that was read from YAML.

    Raises:
        ConfigurationError: no list of sections, or one without name or prompt.
    """
    entries = content.get("sections") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise ConfigurationError("the template has no list of sections", f"For example {EXAMPLE}")
    sections: list[Section] = []
    for position, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise ConfigurationError(f"section {position} is no mapping with name and prompt", f"For example {EXAMPLE}")
        if unknown := sorted(set(map(str, entry)) - {"name", "prompt"}):
            raise ConfigurationError(f"section {position} has the unknown key {unknown[0]!r}", "Allowed: name, prompt.")
        for key in ("name", "prompt"):
            if not isinstance(entry.get(key), str) or not entry[key].strip():
                raise ConfigurationError(f"section {position} has no {key}", f"For example {EXAMPLE}")
        sections.append(Section(name=entry["name"], prompt=entry["prompt"]))
    return tuple(sections)
