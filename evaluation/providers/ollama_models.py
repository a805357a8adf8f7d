"""Models as Ollama describes them: lists, details, parameters, what is loaded, how a pull goes."""

import ast
import math
from collections.abc import Iterable, Mapping
from typing import Any

from evaluation.errors import FailureKind, ProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers.error_replies import RequestContext, line_refusal
from evaluation.providers.model_names import full_name
from evaluation.providers.provider import LoadedModel, PullProgress
from evaluation.providers.record_fields import MAX_NAME, name_of, number_of


def listed_models(answer: Mapping[str, Any]) -> tuple[ModelInfo, ...]:
    """Return the models in an answer of `/api/tags`."""
    return tuple(_listed(entry) for entry in _objects(answer.get("models")) if _name(entry))


def _listed(entry: Mapping[str, Any]) -> ModelInfo:
    details = _mapping(entry.get("details"))
    return ModelInfo(
        name=_name(entry),
        digest=name_of(entry, "digest"),
        family=_word(details, "family"),
        parameter_size=_word(details, "parameter_size"),
        quantization=_word(details, "quantization_level"),
        context_length=number_of(details, "context_length"),
        size_bytes=number_of(entry, "size"),
        capabilities=_words(entry.get("capabilities")),
        remote_host=_word(entry, "remote_host"),
    )


def shown_model(name: str, answer: Mapping[str, Any], listed: ModelInfo | None) -> ModelInfo:
    """Return one model from `/api/show`, with the digest and size that only the list has.

    Args:
        name: As asked for.
        answer: Of `/api/show`.
        listed: The same model's entry in the list.
    """
    details, info = _mapping(answer.get("details")), _mapping(answer.get("model_info"))
    context_length = number_of(info, f"{info.get('general.architecture')}.context_length")
    return ModelInfo(
        name=listed.name if listed else full_name(name),
        digest=listed.digest if listed else None,
        family=_word(details, "family"),
        parameter_size=_word(details, "parameter_size"),
        n_parameters=number_of(info, "general.parameter_count"),
        quantization=_word(details, "quantization_level"),
        context_length=context_length or (listed.context_length if listed else None),
        size_bytes=listed.size_bytes if listed else None,
        capabilities=_words(answer.get("capabilities")) or (listed.capabilities if listed else ()),
        licence=_first_line(_word(answer, "license")) or _word(info, "general.license"),
        parameters=read_parameters(_word(answer, "parameters") or ""),
        template=_word(answer, "template"),
        remote_host=_word(answer, "remote_host") or (listed.remote_host if listed else None),
    )


def read_parameters(text: str) -> dict[str, Any]:
    """Return the model's own options from lines of `key   value`; `stop`, and any key that is repeated, as a list."""
    parameters: dict[str, list[Any]] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        if key and value.strip():
            parameters.setdefault(key, []).append(_value(value.strip()))
    return {key: values if key == "stop" or len(values) > 1 else values[0] for key, values in parameters.items()}


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if len(text) > MAX_NAME:
        return text
    try:
        # Go quotes strings, and writes numbers, as Python does.
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    is_plain = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    return value if is_plain else text


def loaded_models(answer: Mapping[str, Any]) -> tuple[LoadedModel, ...]:
    """Return the models in an answer of `/api/ps`."""
    return tuple(
        LoadedModel(
            name=_name(entry),
            digest=name_of(entry, "digest"),
            context_length=number_of(entry, "context_length"),
            size_bytes=number_of(entry, "size") or 0,
            vram_bytes=number_of(entry, "size_vram") or 0,
        )
        for entry in _objects(answer.get("models"))
        if _name(entry)
    )


def pull_progress(record: Mapping[str, Any], context: RequestContext) -> PullProgress:
    """Return one step of a pull.

    Raises:
        ProviderError: the record is an error, in a stream whose status was 200.
    """
    if record.get("error"):
        raise ProviderError(
            f"{context.url}: pulling {context.model!r} failed: {line_refusal(record).message}",
            FailureKind.MODEL_NOT_PULLED,
            "Check the model's name and the server's way to its registry.",
        )
    return PullProgress(
        status=name_of(record, "status") or "",
        digest=_word(record, "digest"),
        total_bytes=number_of(record, "total"),
        completed_bytes=number_of(record, "completed"),
    )


def _name(entry: Mapping[str, Any]) -> str:
    return name_of(entry, "name") or name_of(entry, "model") or ""


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _words(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _word(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) and value else None


def _first_line(text: str | None) -> str | None:
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), None)
