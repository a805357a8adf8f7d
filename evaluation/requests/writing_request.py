"""The request to write a suite from documents: the parameters of `write_benchmark`, as form and command."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from evaluation.files.allowed_files import path_at
from evaluation.files.names import name_problem
from evaluation.requests.evaluation_request import NAMED_SO, NAMES_OF_PROVIDERS, EvaluationRequest, names_a_model
from evaluation.requests.request_model import ModelText, OneOrMore, RequestModel, ServerText, checked_request
from evaluation.suite_writing.drafts import Kind
from evaluation.suite_writing.suite import synthetic_name

MOST_CASES = 5_000
_ABOUT = "`benchwright benchmarks write --help` lists the options."


class WritingRequest(RequestModel):
    """Documents to write questions about, the model that writes them, and the one that checks them."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Suite to write")

    corpus: str = Field(min_length=1, description="Folder of documents, or one document.")
    model: ModelText = Field(
        min_length=1, title="Writing model", description=f"Model that writes the cases: {NAMED_SO}"
    )
    check: ModelText = Field(
        min_length=1, title="Checking model", description=f"Another model, which checks them: {NAMED_SO}"
    )
    cases: int = Field(default=60, ge=1, le=MOST_CASES, title="Cases", description="Number of cases.")
    spare: float = Field(
        default=0.5,
        ge=0,
        le=10,
        allow_inf_nan=False,
        title="Share of spare drafts",
        description="Drafts written beyond that number, as a share of it, since some are dropped.",
    )
    kinds: OneOrMore[Kind] = Field(
        default=list(Kind), min_length=1, title="Kinds of questions", description="Kinds of questions; default: all."
    )
    name: str | None = Field(
        default=None, description="Name of the benchmark; `synthetic` is added. Default: that of the corpus."
    )
    out: str | None = Field(default=None, title="New file", description="A new JSONL file; empty: stored by its name.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Determines which passages are written about.")
    endpoints: OneOrMore[ServerText] = Field(default=[], title="Servers", description="Names or addresses of servers.")
    slots: int | None = Field(default=None, ge=1, le=4096, description="Concurrent requests per server.")
    gpu_tag: str | None = Field(default=None, description="Name of the GPU behind the endpoints.")
    provider: str | None = Field(default=None, description=f"{NAMES_OF_PROVIDERS}; empty: detected.")
    allow_remote: bool = Field(default=False, description="Allow models that run on somebody else's machine.")
    timeout_s: float = Field(
        default=300.0, gt=0, allow_inf_nan=False, description="Time limit of one attempt in seconds, without loading."
    )

    _names_a_model = field_validator("model", "check")(names_a_model)

    @model_validator(mode="after")
    def _checked_by_another(self) -> Self:
        if self.model.strip() == self.check.strip():
            raise ValueError(
                f"{self.model!r} would check what it wrote itself, and a model sees its own mistakes as right: name "
                "another model to check"
            )
        return self

    @field_validator("name")
    @classmethod
    def _can_be_a_name(cls, name: str | None) -> str | None:
        if name is not None and (problem := name_problem(name)):
            raise ValueError(problem)
        return name

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with paths in the folder; unchanged without one: the suite says where it is from."""
        if folder is None:
            return self
        out = None if self.out is None else str(path_at(self.out, folder))
        return self.model_copy(update={"corpus": str(path_at(self.corpus, folder)), "out": out})

    @property
    def n_drafts(self) -> int:
        """Number of drafts to write."""
        return self.cases + round(self.cases * self.spare)

    @property
    def suite_name(self) -> str:
        """Name of the benchmark."""
        path = Path(self.corpus)
        return synthetic_name(self.name or path.resolve().stem or "documents")

    def for_servers(self) -> EvaluationRequest:
        """Return the evaluation request that would use the same servers."""
        return EvaluationRequest(
            benchmarks=[self.suite_name],
            models=[self.model],
            endpoints=self.endpoints,
            slots=self.slots,
            gpu_tag=self.gpu_tag,
            provider=self.provider,
            allow_remote=self.allow_remote,
            timeout_s=self.timeout_s,
        )


def read_writing_request(fields: Mapping[str, Any], *, source: str = "the command line") -> WritingRequest:
    """Return the validated request.

    Args:
        fields: Fields of `WritingRequest`.
        source: The place of a bad value, for error messages.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    return checked_request(WritingRequest, fields, source=source, about=_ABOUT)
