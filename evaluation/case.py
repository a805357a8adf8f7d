"""Cases, the benchmark they belong to, and the prompt template around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evaluation.files.field_mapping import FieldUse
from evaluation.fingerprint import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its references."""

    case_id: str
    """Unique within its benchmark version."""
    prompt: str = ""
    """The question; empty if `messages` are given."""
    messages: tuple[Message, ...] = ()
    """A whole conversation in place of a single prompt."""
    references: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """Passages on which the answer must be based."""
    choices: tuple[str, ...] = ()
    """Options of a multiple-choice case or labels of a classification case, not shuffled."""
    cluster: str | None = None
    """Name of the group (document, subject, template) whose cases are not independent evidence."""
    tags: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further input of a metric, as plain JSON: a program's tests, its entry point, …"""

    def __hash__(self) -> int:
        return hash((self.case_id, self.prompt, self.references))

    @property
    def content(self) -> dict[str, Any]:
        """The case's content as plain JSON, without its id."""
        return {
            "prompt": self.prompt,
            "messages": [[message.role, message.content] for message in self.messages],
            "references": list(self.references),
            "context": list(self.context),
            "choices": list(self.choices),
            "cluster": self.cluster,
            "tags": list(self.tags),
            "details": dict(self.details),
        }

    @property
    def content_hash(self) -> str:
        """Equal for two cases with the same question and accepted answers."""
        return fingerprint(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """A benchmark's wording around each case."""

    system: str | None = None
    template: str = "{prompt}"
    """Text with `{prompt}`, and optionally `{context}` (passages, separated by a blank line), `{choices}` (lettered
    lines `A. …`) and `{labels}` (the choices in one line, separated by commas). Other text in braces stays unchanged.
    """


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A version of a set of cases, with its prompt, options and metrics."""

    name: str
    task_type: str
    """For example `generation`, `code`, `question_answering`, `summarization`, `classification` or `reasoning`."""
    cases: tuple[Case, ...]
    prompt: PromptTemplate = PromptTemplate()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options sent to the model: `num_predict`, `stop`."""
    metrics: tuple[str, ...] = ("exact_match", "token_f1")
    """Metric names, each optionally with options: `regex(pattern='^yes')`."""
    headline: str = "exact_match"
    """Metric that ranks the candidates."""
    description: str = ""
    criteria: str = ""
    """Criteria of a good answer, in words that a person or a judge can apply."""
    licence: str = ""
    source: str = ""
    """Path of the file as given, or `standard suite`."""
    format: str = "plain"
    """The recognised file format."""
    fields: FieldUse = field(default_factory=FieldUse)
    """Use of the file's fields whose names differ from ours."""

    @cached_property
    def version(self) -> str:
        """Hash of all cases in order, the prompt, and the options that reach the model. Metrics are not part of it."""
        return fingerprint(
            {
                "cases": [[case.case_id, case.content] for case in self.cases],
                "prompt": [self.prompt.system, self.prompt.template],
                "options": dict(self.options),
            }
        )
