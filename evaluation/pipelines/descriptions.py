"""What is told of a pipeline: what it does, its options, which models it asks."""

from dataclasses import dataclass, fields

from evaluation.class_docs import docstring, option_docs
from evaluation.pipelines.pipeline import EMBEDDER, MODEL, Pipeline
from evaluation.typed_options import described_options, required_options


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDescription:
    """An option of a pipeline."""

    name: str
    type: str
    """Its type and default, in words."""
    meaning: str
    required: bool
    is_model: bool
    """It names another model than the candidate's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineDescription:
    """A pipeline in words."""

    name: str
    summary: str
    example: str
    """Options of an example, as words of a candidate."""
    source: str
    """Paper in which the method is described; empty for none."""
    version: str
    docstring: str
    options: tuple[OptionDescription, ...]


def description_of(kind: type[Pipeline]) -> PipelineDescription:
    """Return what is told of a pipeline."""
    meanings, required = option_docs(kind), required_options(kind)
    models = {field.name for field in fields(kind) if field.metadata in (MODEL, EMBEDDER)}
    options = tuple(
        OptionDescription(
            name=name, type=words, meaning=meanings.get(name, ""), required=name in required, is_model=name in models
        )
        for name, words in described_options(kind).items()
    )
    return PipelineDescription(
        name=kind.name,
        summary=kind.summary,
        example=kind.example or " ".join(f"{name}=…" for name in required),
        source=kind.source,
        version=kind.version,
        docstring=docstring(kind),
        options=options,
    )
