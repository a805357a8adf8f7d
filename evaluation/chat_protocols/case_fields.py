"""What a call gives beside its messages, as a benchmark's case has it: choices, documents, tags and details.

    {"model": "fast", "messages": [...], "benchwright": {"choices": ["yes", "no"], "documents": ["..."]}}

Both protocols have the field `benchwright`; Ollama's clients, which send no fields of their own, give it in `options`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.chat_protocols.fields import object_of, text_list_of
from evaluation.errors import ConfigurationError

FIELD = "benchwright"
MOST_CHOICES, MOST_DOCUMENTS, MOST_TAGS = 100, 1_000, 50
MOST_CHOICE_CHARACTERS, MOST_TAG_CHARACTERS = 2_000, 200
MOST_DOCUMENT_CHARACTERS = 4_000_000
"""Characters of all documents together."""
MOST_DETAILS_CHARACTERS = 100_000
"""Characters of the details as JSON."""
_NAMES = ("choices", "documents", "tags", "details")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFields:
    """What a call gives beside its messages."""

    choices: tuple[str, ...] | None = None
    """Options of a multiple-choice question, or labels; None: it does not say."""
    documents: tuple[str, ...] | None = None
    """Passages on which the answer must be based; empty: the question has none; None: it does not say."""
    tags: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further input of a pipeline, as plain JSON."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields that the call gives."""
        return tuple(name for name in _NAMES if getattr(self, name) not in (None, (), {}) or self._is_said(name))

    def _is_said(self, name: str) -> bool:
        return name == "documents" and self.documents is not None


NO_FIELDS = CaseFields()


def names_fields(body: Mapping[str, Any]) -> bool:
    """Check whether a client's body gives them, right or wrong."""
    options = body.get("options")
    return body.get(FIELD) is not None or (isinstance(options, Mapping) and options.get(FIELD) is not None)


def read_fields(body: Mapping[str, Any], options: Mapping[str, Any]) -> CaseFields:
    """Return what a client's body gives.

    Args:
        body: The body.
        options: Ollama's options in it; empty in OpenAI's protocol.

    Raises:
        ConfigurationError: a field that is unknown, of another type, or too large.
    """
    if body.get(FIELD) is not None and options.get(FIELD) is not None:
        raise ConfigurationError(f"the request gives {FIELD!r} twice", f"Give it once: in `options`, or as `{FIELD}`.")
    source = body if body.get(FIELD) is not None else options
    fields = object_of(source, FIELD)
    unknown = sorted(set(map(str, fields)) - set(_NAMES))
    if unknown:
        raise ConfigurationError(
            f"the field {FIELD!r} of the request has {unknown[0][:60]!r}",
            f"Fields that it may have: {', '.join(_NAMES)}.",
        )
    return CaseFields(
        choices=_choices(fields),
        documents=_documents(fields),
        tags=_texts(fields, "tags", most=MOST_TAGS, longest=MOST_TAG_CHARACTERS) or (),
        details=_details(fields),
    )


def _choices(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    choices = _texts(fields, "choices", most=MOST_CHOICES, longest=MOST_CHOICE_CHARACTERS)
    if choices is None:
        return None
    if len(choices) < 2:
        raise _wrong("choices", f"has {len(choices)}", "at least 2")
    if len({choice.strip() for choice in choices}) < len(choices):
        raise _wrong("choices", "has the same one twice", "choices that differ")
    return choices


def _documents(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    documents = _texts(fields, "documents", most=MOST_DOCUMENTS, longest=MOST_DOCUMENT_CHARACTERS)
    n_characters = sum(map(len, documents or ()))
    if n_characters > MOST_DOCUMENT_CHARACTERS:
        allowed = f"{MOST_DOCUMENT_CHARACTERS:,} at most"
        raise _wrong("documents", f"has {n_characters:,} characters together", allowed)
    return documents


def _details(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    details = object_of(fields, "details")
    n_characters = len(json.dumps(details))
    if n_characters > MOST_DETAILS_CHARACTERS:
        raise _wrong("details", f"has {n_characters:,} characters as JSON", f"{MOST_DETAILS_CHARACTERS:,} at most")
    return details


def _texts(fields: Mapping[str, Any], name: str, *, most: int, longest: int) -> tuple[str, ...] | None:
    """Return a list of texts, none of which is blank; None where it is missing or null."""
    texts = text_list_of(fields, name)
    if texts is None:
        return None
    if len(texts) > most:
        raise _wrong(name, f"has {len(texts):,}", f"{most:,} at most")
    for number, text in enumerate(texts, 1):
        if not text.strip():
            raise _wrong(name, f"has an empty text as number {number}", "texts with words")
        if len(text) > longest:
            raise _wrong(name, f"has {len(text):,} characters in number {number}", f"{longest:,} at most")
    return texts


def _wrong(name: str, what: str, allowed: str) -> ConfigurationError:
    return ConfigurationError(f"the field '{FIELD}.{name}' of the request {what}", f"Give {allowed}, or leave it out.")
