"""Export of a candidate for other programs: as an Ollama Modelfile, as JSON, as environment variables."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from evaluation.candidate import PromptProfile, WorkedExample
from evaluation.candidate_files.configuration import Call, CandidateConfiguration, CandidateExport, OtherModel
from evaluation.candidate_files.modelfile import as_modelfile as written_modelfile
from evaluation.errors import ConfigurationError
from evaluation.escaping import as_json, for_terminal
from evaluation.options import MODELS_OWN
from evaluation.providers import PROVIDERS
from evaluation.records.evidence import Choosable, Place
from evaluation.results.as_json import as_json as result_as_json
from evaluation.results.as_json import json_key

Form = Literal["yaml", "python", "openai", "modelfile", "json", "env"]

PLAIN_TEMPLATE = "{prompt}"
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything needed to call a candidate, as JSON has it."""

    label: str = field(metadata=json_key("candidate"))
    key: str = field(metadata=json_key("fingerprint"))
    model: str
    digest: str | None
    options: Mapping[str, object]
    think: object
    pipeline: str | None
    """Name of its pipeline; None: the model is asked directly."""
    pipeline_options: Mapping[str, str]
    """Those that were set."""
    other_models: tuple[OtherModel, ...]
    """The models that its pipeline asks beside its own."""
    profile: str
    system: str | None
    template: str
    places: tuple[Place, ...] = field(metadata=json_key("endpoints"))
    capabilities: frozenset[str]
    n_parameters: int | None
    memory_bytes: float | None
    not_ready: str | None


def configuration_of(candidate: Choosable) -> Configuration:
    """Return everything needed to call the candidate."""
    return Configuration(
        label=candidate.label,
        key=candidate.key,
        model=candidate.model,
        digest=candidate.digest,
        options=candidate.options,
        think=candidate.think,
        **_of_pipeline(candidate),
        profile=candidate.profile,
        system=candidate.system,
        template=candidate.template,
        places=candidate.places,
        capabilities=candidate.capabilities,
        n_parameters=candidate.n_parameters,
        memory_bytes=candidate.memory_bytes,
        not_ready=candidate.not_ready,
    )


class _OfPipeline(TypedDict):
    pipeline: str | None
    pipeline_options: Mapping[str, str]
    other_models: tuple[OtherModel, ...]


def _of_pipeline(candidate: Choosable) -> _OfPipeline:
    choice = candidate.pipeline
    if choice is None:
        return {"pipeline": None, "pipeline_options": {}, "other_models": ()}
    others = tuple(OtherModel(name=name, digest=digest) for name, digest in choice.models.items())
    return {"pipeline": choice.name, "pipeline_options": dict(choice.options), "other_models": others}


def written_as(
    candidate: Choosable, form: Literal["modelfile", "json", "env"], *, evidence: Mapping[str, str] = _NOTHING
) -> str:
    """Return the candidate in that format, ending with a newline.

    Args:
        candidate: The candidate.
        form: The format.
        evidence: What was measured of it, by name; environment variables have no place for it.

    Raises:
        ConfigurationError: it cannot be written in that format.
    """
    if form == "env":
        return as_environment(candidate)
    return as_modelfile(candidate, evidence=evidence) if form == "modelfile" else _as_json(candidate, evidence)


def call_of(candidate: Choosable, *, last_provider: str | None) -> Call | None:
    """Return how the candidate is asked at the first of its servers; None if no server is known.

    Args:
        candidate: The candidate.
        last_provider: The protocol by which it was asked last, for servers that are probed each time.
    """
    if not candidate.places:
        return None
    place = next((place for place in candidate.places if place.url is not None), candidate.places[0])
    provider = place.provider or last_provider
    if provider is None or provider not in PROVIDERS:
        return None
    own = {name: value for name, value in candidate.options.items() if value != MODELS_OWN}
    return Call(provider=provider, url=place.url, options=PROVIDERS[provider].sent_options(own))


def _as_json(candidate: Choosable, evidence: Mapping[str, str]) -> str:
    """Return the configuration, with what makes it whole for `evaluate --candidate @FILE`."""
    examples = [{"prompt": prompt, "answer": answer} for prompt, answer in candidate.examples]
    fields = result_as_json(configuration_of(candidate)) | {"examples": examples}
    return as_json(fields | ({"evidence": dict(evidence)} if evidence else {})) + "\n"


def as_environment(candidate: Choosable) -> str:
    """Return lines `export LLM_…=…` for a shell, with any values quoted safely.

    Raises:
        ConfigurationError: it has a pipeline, which a program that reads them would not know of.
    """
    if candidate.pipeline is not None:
        raise ConfigurationError(
            f"{candidate.label!r} asks by the pipeline {candidate.pipeline.name!r}: variables of a shell hold its "
            "model alone",
            "Use the format python, yaml or json.",
        )
    place = next((place for place in candidate.places if place.url is not None), None)
    values = {
        "LLM_MODEL": candidate.model,
        "LLM_DIGEST": candidate.digest,
        "LLM_ENDPOINT": place.url if place else None,
        "LLM_PROVIDER": place.provider if place else None,
        "LLM_OPTIONS": _on_one_line(dict(candidate.options)) if candidate.options else None,
        "LLM_THINK": None if candidate.think is None else str(candidate.think).lower(),
        "LLM_SYSTEM": candidate.system,
        "LLM_TEMPLATE": None if candidate.template == PLAIN_TEMPLATE else candidate.template,
    }
    return "".join(f"export {name}={_shell_word(value)}\n" for name, value in values.items() if value is not None)


def _on_one_line(value: Mapping[str, Any]) -> str:
    return " ".join(line.strip() for line in as_json(value).split("\n"))


def _shell_word(text: str) -> str:
    r"""Return `text` as one word of a shell; as `$'\033…'` where it holds what a terminal would obey."""
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    if text == for_terminal(text):
        return shlex.quote(text)
    written = "".join(
        f"\\{byte:03o}" if not 32 <= byte < 127 or byte in b"'\\" else chr(byte) for byte in text.encode()
    )
    return f"$'{written}'"


def as_modelfile(candidate: Choosable, *, evidence: Mapping[str, str] = _NOTHING) -> str:
    """Return a Modelfile for `ollama create NAME -f FILE`.

    Raises:
        ConfigurationError: it is not a model of an Ollama server.
    """
    export = CandidateExport(
        configuration=_whole_configuration(candidate),
        label=candidate.label,
        fingerprint=candidate.key,
        evidence=evidence,
    )
    return written_modelfile(export, providers={place.provider for place in candidate.places})


def _whole_configuration(candidate: Choosable) -> CandidateConfiguration:
    examples = tuple(WorkedExample(prompt=prompt, answer=answer) for prompt, answer in candidate.examples)
    profile = PromptProfile(
        name=candidate.profile, system=candidate.system, template=candidate.template, examples=examples
    )
    return CandidateConfiguration(
        model=candidate.model,
        digest=candidate.digest,
        options=candidate.options,
        profile=profile,
        think=candidate.think,
        **_of_pipeline(candidate),
    )
