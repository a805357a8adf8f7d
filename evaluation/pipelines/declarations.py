"""What a pipeline of a user's file says of itself before it is run: the models and the corpus that it needs."""

from dataclasses import dataclass, fields
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.pipelines.map_reduce import refuse_chunks
from evaluation.pipelines.pipeline import CORPUS, Pipeline
from evaluation.retrieval.passages import Chunker


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A pipeline with its options, as planning needs to know it."""

    shown: str
    """The class with all its options, the corpus by the last part of its path: its content identifies it."""
    other_models: tuple[str, ...]
    """Models that its options name, those that embed among them."""
    embedders: tuple[str, ...] = ()
    """Models that it asks for embeddings; the first one embeds the corpus."""
    corpus: str | None = None
    """Folder or file with the documents that it searches; None: it searches none."""
    chunker: Chunker | None = None
    """How the corpus is split."""


def declaration_of(pipeline: Pipeline) -> Declaration:
    """Return what a pipeline says of itself, whatever types its class gives it."""
    corpus, embedders = pipeline.corpus_path, pipeline.embedders
    return Declaration(
        shown=_shown(pipeline),
        other_models=tuple(dict.fromkeys((*pipeline.other_models, *embedders))),
        embedders=embedders,
        corpus=corpus,
        chunker=None if corpus is None else pipeline.chunker,
    )


def refuse_declaration(name: str, declared: Declaration) -> None:
    """Refuse what no run could be planned for.

    Args:
        name: The pipeline's name.
        declared: What it says of itself.

    Raises:
        ConfigurationError: a model without a name, a corpus that cannot be split or that two models would embed.
    """
    if not all(declared.other_models):
        raise ConfigurationError(
            f"{name}: its other_models have an empty name", "Leave out models that its options do not name."
        )
    if declared.corpus is None:
        return
    if not declared.corpus:
        raise ConfigurationError(f"{name}: no corpus", "For example corpus=docs/")
    if declared.chunker is None:
        raise ConfigurationError(
            f"{name}: its corpus has no chunker", "Return Chunker(size=512, overlap=64) as `chunker`, or leave it out."
        )
    refuse_chunks(name, declared.chunker.size, declared.chunker.overlap)
    if len(declared.embedders) > 1:
        raise ConfigurationError(
            f"{name}: {' and '.join(declared.embedders)} cannot both embed the corpus",
            "Give a single option metadata=EMBEDDER.",
        )


def _shown(pipeline: Pipeline) -> str:
    """Return the class with its options, as a dataclass's `repr` has it, whatever the class's own `repr` does."""
    values = {field.name: getattr(pipeline, field.name) for field in fields(pipeline)}
    for field in fields(pipeline):
        if field.metadata == CORPUS and isinstance(values[field.name], str):
            values[field.name] = Path(values[field.name]).name
    options = ", ".join(f"{name}={value!r}" for name, value in values.items())
    return f"{type(pipeline).__qualname__}({options})"
