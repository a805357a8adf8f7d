"""The content of a candidate's file, the same in YAML, Python and JSON: written, and read with every value checked."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.candidate import PromptProfile, WorkedExample
from evaluation.candidate_files.configuration import CandidateConfiguration, CandidateExport, OtherModel
from evaluation.errors import ConfigurationError
from evaluation.options import read_options
from evaluation.requests.evaluation_request import THINK_WORDS

KIND = "benchwright-candidate/1"
"""Value of `kind`: what the file is, and the version of its layout."""
WRITE_ANOTHER = "`benchwright export RUN --winner --out winner.yaml` writes such a file."


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Example(_Strict):
    prompt: str
    answer: str


class _Profile(_Strict):
    name: str = Field(default="plain", min_length=1)
    system: str | None = None
    template: str = "{prompt}"
    examples: list[_Example] = []


class _OtherModel(_Strict):
    name: str = Field(min_length=1)
    digest: str | None = None


class _Content(_Strict):
    kind: str = KIND
    model: str = Field(min_length=1)
    digest: str | None = None
    endpoint_identity: str | None = None
    options: dict[str, Any] = {}
    think: bool | str | None = None
    profile: _Profile = _Profile()
    pipeline: str | None = None
    pipeline_options: dict[str, str] = {}
    other_models: list[_OtherModel] = []
    pipeline_version: str | None = None
    corpus: str | None = None
    corpus_documents: dict[str, str] = {}
    fingerprint: str | None = None


def content_of(export: CandidateExport) -> dict[str, Any]:
    """Return the configuration as plain values, without what it does not have."""
    configuration = export.configuration
    profile = configuration.profile
    content = {
        "kind": KIND,
        "model": configuration.model,
        "digest": configuration.digest,
        "endpoint_identity": configuration.endpoint_identity,
        "options": dict(configuration.options),
        "think": configuration.think,
        "profile": {
            "name": profile.name,
            **({} if profile.system is None else {"system": profile.system}),
            "template": profile.template,
            **({"examples": _examples_of(profile)} if profile.examples else {}),
        },
        "pipeline": configuration.pipeline,
        "pipeline_options": dict(configuration.pipeline_options) or None,
        "other_models": [_as_mapping(model) for model in configuration.other_models] or None,
        "pipeline_version": configuration.pipeline_version,
        "corpus": configuration.corpus,
        "corpus_documents": dict(configuration.corpus_documents) or None,
        "fingerprint": export.fingerprint,
    }
    return {name: value for name, value in content.items() if value is not None}


def _examples_of(profile: PromptProfile) -> list[dict[str, str]]:
    return [{"prompt": example.prompt, "answer": example.answer} for example in profile.examples]


def _as_mapping(model: OtherModel) -> dict[str, str]:
    return {"name": model.name, **({} if model.digest is None else {"digest": model.digest})}


def read_content(content: Any, *, source: str) -> tuple[CandidateConfiguration, str | None]:
    """Return the configuration in a file, and the fingerprint that it had when it was written.

    Raises:
        ConfigurationError: names the key, and what is wrong with it.
    """
    if not isinstance(content, Mapping) or "model" not in content:
        raise ConfigurationError(f"{source} holds no candidate: it has no model", WRITE_ANOTHER)
    try:
        checked = _Content.model_validate(dict(content))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ConfigurationError(f"{source}: {problems}", WRITE_ANOTHER) from None
    if checked.kind != KIND:
        raise ConfigurationError(
            f"{source}: kind is {checked.kind!r}; this version reads {KIND!r}", "Update Benchwright, or export it anew."
        )
    if isinstance(checked.think, str) and checked.think not in THINK_WORDS:
        raise ConfigurationError(
            f"{source}: think is {checked.think!r}; allowed: {', '.join(THINK_WORDS)}", "For example think: false"
        )
    if "{prompt}" not in checked.profile.template:
        raise ConfigurationError(
            f"{source}: the template of its profile lacks {{prompt}}, so every case would get the same prompt",
            WRITE_ANOTHER,
        )
    return _configuration(checked, source), checked.fingerprint


def _configuration(checked: _Content, source: str) -> CandidateConfiguration:
    try:
        options = read_options(checked.options)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error.message}", error.next_step) from None
    think = checked.think
    profile = checked.profile
    examples = tuple(WorkedExample(prompt=example.prompt, answer=example.answer) for example in profile.examples)
    return CandidateConfiguration(
        model=checked.model,
        digest=checked.digest,
        options=options,
        profile=PromptProfile(name=profile.name, system=profile.system, template=profile.template, examples=examples),
        think=THINK_WORDS[think] if isinstance(think, str) else think,
        endpoint_identity=checked.endpoint_identity,
        pipeline=checked.pipeline,
        pipeline_options=checked.pipeline_options,
        other_models=tuple(OtherModel(name=model.name, digest=model.digest) for model in checked.other_models),
        pipeline_version=checked.pipeline_version,
        corpus=checked.corpus,
        corpus_documents=checked.corpus_documents,
    )
