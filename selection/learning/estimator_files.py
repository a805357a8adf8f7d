"""The trained estimators as skops bytes, restricted to the types listed here and inspected before they are read.

skops trusts every estimator of scikit-learn by default; an explicit list trusts only what we train with.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from evaluation.errors import ModelFileError
from evaluation.formatting import excerpt
from evaluation.results.as_json import from_json
from selection.archives import TRAIN_AGAIN, read_archive, read_array

WHAT = "the estimator file"
TRUSTED_TYPES = frozenset(
    {
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.float64",
        "numpy.float32",
        "numpy.int64",
        "numpy.ndarray",
        "sklearn.decomposition._truncated_svd.TruncatedSVD",
        "sklearn.ensemble._forest.ExtraTreesRegressor",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.feature_extraction.text.TfidfVectorizer",
        "sklearn.linear_model._ridge.Ridge",
        "sklearn.neighbors._regression.KNeighborsRegressor",
        "sklearn.tree._classes.ExtraTreeRegressor",
        "sklearn.tree._tree.Tree",
    }
)
_TREE = "sklearn.tree._tree.Tree"
_LOADERS = frozenset(
    {"DictNode", "ListNode", "TupleNode", "JsonNode", "TypeNode", "NdArrayNode", "ObjectNode", "TreeNode"}
)
_SCHEMA = "schema.json"
_MOST_NODES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimators:
    """What was trained, as scikit-learn has it."""

    kind: str = ""
    keys: tuple[str, ...] = ()
    """Keys of the candidates."""
    tasks: tuple[str, ...] = ()
    vectoriser: Any | None = None
    """`TfidfVectorizer`; None where the prompts have no word in common."""
    decomposition: Any | None = None
    """`TruncatedSVD`."""
    estimators: tuple[Any, ...] = ()
    """Estimators of the learner; empty where no learner gained."""


def written_estimators(estimators: Estimators) -> bytes:
    """Return the estimators as skops bytes."""
    import skops.io

    by_name = {field.name: getattr(estimators, field.name) for field in fields(estimators)}
    data: bytes = skops.io.dumps(
        {name: list(value) if isinstance(value, tuple) else value for name, value in by_name.items()}
    )
    return data


def must_be_trusted(data: bytes) -> None:
    """Check a skops file without building any of its objects.

    Raises:
        ModelFileError: it is not a skops file, or holds a type off the list.
    """
    members = read_archive(data, WHAT)
    if _SCHEMA not in members:
        raise ModelFileError(f"{WHAT} lacks its {_SCHEMA}; it holds {sorted(members)[:3]}", TRAIN_AGAIN)
    try:
        schema = json.loads(members[_SCHEMA])
        nodes = list(_nodes(schema))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{WHAT} has a {_SCHEMA} that is not JSON: {excerpt(str(error), 100)}", TRAIN_AGAIN
        ) from error
    untrusted = sorted({node.type_name for node in nodes} - TRUSTED_TYPES)
    if untrusted:
        raise ModelFileError(
            f"{WHAT} holds types that are not trusted: {excerpt(', '.join(untrusted), 300)}", TRAIN_AGAIN
        )
    loaders = sorted({node.loader for node in nodes} - _LOADERS)
    if loaders or not nodes:
        raise ModelFileError(f"{WHAT} asks for {excerpt(', '.join(loaders), 300) or 'nothing'} to be read", TRAIN_AGAIN)
    for name, content in members.items():
        if name != _SCHEMA:
            read_array(content, f"{WHAT}'s {name!r}", may_be_records=True)


class _Node(NamedTuple):
    """A node of the tree that skops would build."""

    type_name: str
    loader: str


def _nodes(schema: object) -> Iterator[_Node]:
    """Yield all nodes of the tree that skops would build."""
    waiting, n_seen = [schema], 0
    while waiting:
        here = waiting.pop()
        n_seen += 1
        if n_seen > _MOST_NODES:
            raise ValueError(f"more than {_MOST_NODES} values")
        if isinstance(here, dict):
            if any(name in here for name in ("__class__", "__module__", "__loader__")):
                yield _Node(f"{here.get('__module__')}.{here.get('__class__')}", str(here.get("__loader__")))
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def read_estimators(data: bytes) -> Estimators:
    """Return the estimators in a skops file.

    Raises:
        ModelFileError: it cannot be read, or reading it is not allowed.
    """
    import skops.io

    must_be_trusted(data)
    try:
        estimators = skops.io.loads(data, trusted=[_TREE])
    except Exception as error:  # whatever a damaged file makes of the reader
        problem = f"{type(error).__name__}: {error}"[:200]
        raise ModelFileError(f"{WHAT} cannot be read: {problem}", TRAIN_AGAIN) from error
    if not isinstance(estimators, dict):
        raise ModelFileError(f"{WHAT} holds a {type(estimators).__name__}, not estimators by name", TRAIN_AGAIN)
    for forest in estimators.get("estimators", ()):
        for tree in getattr(forest, "estimators_", ()):
            _must_be_sound(tree.tree_)
    return from_json(Estimators, estimators)


def _must_be_sound(tree: Any) -> None:
    """Refuse a tree with indices out of range: they are followed unchecked."""
    n_nodes = int(tree.node_count)
    here = np.arange(n_nodes)
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    leaf = left == -1
    ahead = (left > here) & (right > here) & (left < n_nodes) & (right < n_nodes)
    inside = (feature >= 0) & (feature < int(tree.n_features))
    if not (leaf | (ahead & inside)).all() or not np.isfinite(tree.value).all():
        raise ModelFileError(f"{WHAT} holds a tree whose nodes point outside", TRAIN_AGAIN)
