"""Strict YAML parsing that keeps values as written and limits their expanded size.

Differs from `yaml.safe_load` where that drops or rewrites content: a duplicate key is rejected, and `007`, `1_000`,
`12:30` and `2026-05-04` stay text (YAML 1.1 makes them 7, 1000, 750 and a date).
"""

import re
from functools import cache
from typing import Any, Final

from evaluation.files.exact_json import exact_number
from evaluation.files.names import composed
from evaluation.formatting import excerpt

MOST_VALUES: Final = 5_000_000
"""Values in a file with every alias expanded: nine lines of aliases can expand to a billion."""
_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)$")
_NUMBER: Final = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_TRUTH: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)$")
_LEFT_AS_TEXT: Final = ("int", "float", "bool", "timestamp", "value")


def read_yaml(text: str, *, is_settings: bool = False) -> Any:
    """Parse a YAML document.

    Args:
        text: One YAML document.
        is_settings: Read `yes`, `no`, `on` and `off` as truth values and decimals as floats, as settings have them;
            else those stay words, and a decimal that a float would round stays exact.

    Raises:
        yaml.YAMLError: it is not YAML, names a key twice, or is too large once its aliases are written out.
        RecursionError: it is nested too deep.
        ValueError: a value that cannot be made, such as a number of many thousand digits.
    """
    import yaml

    value = yaml.load(text, Loader=_loader(is_settings))  # noqa: S506 - a subclass of SafeLoader
    if _n_values(value, {}) > MOST_VALUES:
        raise yaml.YAMLError(f"holds more than {MOST_VALUES:,} values once its aliases are written out")
    return value


@cache
def _loader(is_settings: bool) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        def compose_mapping_node(self, anchor: Any) -> Any:
            node = super().compose_mapping_node(anchor)
            _check_keys(node)
            return node

    left = [f"tag:yaml.org,2002:{kind}" for kind in _LEFT_AS_TEXT if kind != "bool" or not is_settings]
    Loader.yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag not in left]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", _WHOLE, list("-+0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+0123456789."))
    if not is_settings:
        Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _TRUTH, list("tTfF"))
    if not is_settings:
        Loader.add_constructor("tag:yaml.org,2002:float", _exact)
    return Loader


def _exact(loader: Any, node: Any) -> Any:
    """Return a number, as a decimal where a float would round it."""
    text = loader.construct_scalar(node)
    is_finite = text[-1:] in ".0123456789"
    return exact_number(text) if is_finite else float(text.lower().replace(".", "", 1))


def _check_keys(node: Any) -> None:
    import yaml

    keys: dict[tuple[str, str], str] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            continue
        name = composed(key.value)
        if (key.tag, name) in keys:
            how = "" if keys[key.tag, name] == key.value else ", in two Unicode forms"
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {excerpt(name, 60)!r} appears twice in one mapping{how}", key.start_mark
            )
        keys[key.tag, name] = key.value


def _n_values(value: Any, counts: dict[int, int | None]) -> int:
    """Return the number of values in this one, with aliases expanded."""
    import yaml

    if not isinstance(value, dict | list | set | tuple):
        return 1
    if id(value) not in counts:
        counts[id(value)] = None
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        counts[id(value)] = 1 + sum(_n_values(part, counts) for part in parts)
    n = counts[id(value)]
    if n is None:
        raise yaml.YAMLError("an alias refers to a node that contains it")
    return n
