"""Request files: read and write the YAML of `evaluate -f`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.files.bounded_reading import read_settings_text
from evaluation.files.unreadable import unreadable
from evaluation.files.yaml_text import read_yaml
from evaluation.metric_specs import with_whole_path
from evaluation.requests.evaluation_request import EvaluationRequest, as_word
from evaluation.requests.prices import read_prices
from evaluation.requests.whole_paths import candidate_at, options_at

AN_EXAMPLE = "`benchwright show RUN --as-yaml` prints an example."


def read_request_file(path: Path) -> dict[str, Any]:
    """Read the YAML file of `evaluate -f` into a mapping, with paths in it taken as relative to its folder.

    Raises:
        ConfigurationError: no such file, not YAML, not a mapping.
    """
    import yaml

    try:
        content = read_yaml(read_settings_text(path), is_settings=True)
    except OSError as error:
        raise unreadable(path, error, what="the options") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{str(path)!r} is not YAML: {' '.join(str(error).split())}", AN_EXAMPLE) from None
    if not isinstance(content, dict):
        raise ConfigurationError(
            f"{str(path)!r} holds a {type(content).__name__}, expected a mapping of the options of evaluate",
            AN_EXAMPLE,
        )
    fields = {str(key): value for key, value in content.items()}
    if isinstance(fields.get("benchmarks"), str | list):
        names = [fields["benchmarks"]] if isinstance(fields["benchmarks"], str) else fields["benchmarks"]
        fields["benchmarks"] = [_beside(path, name) for name in names]
    if isinstance(fields.get("metrics"), str | list):
        texts = [fields["metrics"]] if isinstance(fields["metrics"], str) else fields["metrics"]
        fields["metrics"] = [
            with_whole_path(text, folder=path.parent) if isinstance(text, str) else text for text in texts
        ]
    if isinstance(fields.get("candidates"), str | list):
        texts = [fields["candidates"]] if isinstance(fields["candidates"], str) else fields["candidates"]
        fields["candidates"] = [candidate_at(text, path.parent) if isinstance(text, str) else text for text in texts]
    if isinstance(options := fields.get("options"), Mapping):
        options = [f"{key}={as_word(value)}" for key, value in options.items()]
    if isinstance(options, list) and all(isinstance(word, str) for word in options):
        fields["options"] = options_at(options, path.parent)
    if isinstance(fields.get("prices"), str):
        fields["prices"] = read_prices(path.parent / fields["prices"]).content
    return fields


def _beside(path: Path, name: Any) -> Any:
    """Return the full path of a benchmark file that lies beside the request file; any other name unchanged."""
    if isinstance(name, str) and os.path.isfile(path.parent / name):
        return str((path.parent / name).resolve())
    return name


def request_as_yaml(request: EvaluationRequest) -> str:
    """Return the request as a file for `evaluate -f`; fields that have their default are left out."""
    import yaml

    return yaml.safe_dump(request.model_dump(exclude_defaults=True), sort_keys=False, allow_unicode=True)
