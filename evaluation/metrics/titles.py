"""Column titles of metrics: the name, with only those options that distinguish it from the other metrics."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from evaluation.metrics import METRICS

LONGEST_VALUE = 24
"""Characters of an option's value; a longer one is cut, and the signature has the full text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A metric as described by its name and signature."""

    word: str
    kind: str
    """Name of the metric's class."""
    options: Mapping[str, str]
    """Options as written."""
    version: str


def short_titles(signatures: Mapping[str, str]) -> dict[str, str]:
    """Return the title of each metric of a run, by its key; no two are the same.

    Args:
        signatures: By the key under which the metric's numbers are stored.
    """
    named = [_read(word, signature) for word, signature in signatures.items()]
    titles: dict[str, str] = {}
    for item in named:
        title = _title(item, [other for other in named if other.kind == item.kind])
        titles[item.word] = title if title not in titles.values() else item.word
    return titles


def signature_parts(signature: str) -> Named:
    """Parse a signature into the metric's class, its options and its scorer's version."""
    return _read("", signature)


def _read(word: str, signature: str) -> Named:
    # An option's text may hold the mark of the version too, and so may what follows it.
    at = signature.rfind("|v")
    while at >= 0:
        kind, options = _call(signature[:at])
        if kind:
            return Named(word=word, kind=kind, options=options, version=signature[at + 2 :].partition("|")[0])
        at = signature.rfind("|v", 0, at)
    return Named(word=word, kind=word, options={}, version="")


def _call(shown: str) -> tuple[str, dict[str, str]]:
    """Return the class and options of a `repr`; neither where it cannot be parsed."""
    try:
        tree = ast.parse(shown, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", {}
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        return "", {}
    return tree.func.id, {word.arg: ast.unparse(word.value) for word in tree.keywords if word.arg}


def _title(item: Named, fellows: Sequence[Named]) -> str:
    """Return the key itself where no other metric has its title.

    Else the plain name, with the options and version in which it differs from the others; an option at its default is
    left out, and so is the model where the name has it.
    """
    if len(fellows) == 1 and not _is_signature(item):
        return item.word
    differing = [name for name in item.options if len({other.options.get(name) for other in fellows}) > 1]
    base = _plain_name(item, fellows)
    if " by " in base:
        differing = [name for name in differing if name not in ("model", "digest")]
    defaults = _defaults(base)
    options = [f"{name}={_cut(item.options[name])}" for name in differing if item.options[name] != defaults.get(name)]
    version = f" v{_cut(item.version)}" if len({other.version for other in fellows}) > 1 else ""
    return base + (f"({', '.join(options)})" if options else "") + version


def _is_signature(item: Named) -> bool:
    return item.word.startswith(f"{item.kind}(")


def _plain_name(item: Named, fellows: Sequence[Named]) -> str:
    """Return the metric's name, with its model where its key has one."""
    if not _is_signature(item):
        return item.word
    names = [other.word.partition(" by ")[0] for other in fellows if not _is_signature(other)]
    names += [metric.name for metric in METRICS.values() if metric.__name__ == item.kind]
    return names[0] if names else item.kind


def _defaults(name: str) -> dict[str, str]:
    """Return the default of each of the metric's options, which titles leave out."""
    return {field.name: repr(field.default) for field in fields(METRICS[name])} if name in METRICS else {}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
