"""Results as pandas DataFrames, with dtypes that follow from the field types, not the values.

| a field that holds | column |
|---|---|
| a text, a word of a few, a mapping (as JSON) | `string` |
| a whole number | `Int64` |
| a number | `float64` |
| a truth value | `boolean` |
| a moment | `datetime64[us, UTC]` |

Missing values are NA (NaN, NaT). pandas is imported when the first frame is made.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from importlib import import_module
from types import MappingProxyType, NoneType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from evaluation.results.as_json import as_json

if TYPE_CHECKING:
    import pandas as pd

TEXT, WHOLE, REAL, TRUTH, MOMENT = "string", "Int64", "float64", "boolean", "datetime64[us, UTC]"
_DTYPES = MappingProxyType({bool: TRUTH, int: WHOLE, float: REAL, datetime: MOMENT})
Row = Mapping[str, object]


@cache
def columns_of(described: type, *, leaving_out: tuple[str, ...] = (), rest: str | None = None) -> Mapping[str, str]:
    """Return the dtypes of a dataclass's fields that hold one value each, by name and in their order.

    Args:
        described: The dataclass.
        leaving_out: Fields that are not columns.
        rest: The dtype of fields that hold several values: `TEXT`, for JSON; None: they are not columns.
    """
    hints = get_type_hints(described)
    names = [each.name for each in fields(described) if each.name not in leaving_out]
    dtypes = {name: _dtype(hints[name]) or rest for name in names}
    return {name: dtype for name, dtype in dtypes.items() if dtype is not None}


def _dtype(hint: Any) -> str | None:
    """Return the dtype of a column; None for a value that is not a scalar."""
    if get_origin(hint) in (Union, UnionType):
        kinds = {_dtype(each) for each in get_args(hint) if each is not NoneType}
        return kinds.pop() if len(kinds) == 1 else REAL if kinds == {WHOLE, REAL} else None
    if get_origin(hint) is Literal:
        return TEXT
    if hint in _DTYPES:
        return _DTYPES[hint]
    return TEXT if isinstance(hint, type) and issubclass(hint, str) else None


def row_of(result: object, columns: Iterable[str]) -> dict[str, object]:
    """Return the named fields of a result, by name."""
    return {name: getattr(result, name) for name in columns}


def frame(rows: Sequence[Row], columns: Mapping[str, str]) -> "pd.DataFrame":
    """Return a data frame of the given rows with one column per dtype, by name; values that a row lacks are missing."""
    import pandas as pd

    return pd.DataFrame(
        {name: pd.Series([_cell(row.get(name)) for row in rows], dtype=dtype) for name, dtype in columns.items()}
    )


def frame_of(results: Sequence[object], columns: Mapping[str, str]) -> "pd.DataFrame":
    """Return a data frame with one row per result, whose columns are attributes of the results."""
    return frame([row_of(result, columns) for result in results], columns)


def _cell(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping | list | tuple) or is_dataclass(value):
        return json.dumps(as_json(value), ensure_ascii=False)
    return value


class ShownInNotebooks:
    """Mixin for results that notebooks show as a table."""

    __slots__ = ()

    PAGES: ClassVar[str] = "evaluation.reports.notebook"
    """Module of its page and of `html_of`, imported on use: an import would point upwards and burden all users."""

    def _repr_html_(self) -> str:
        """Return the HTML that a notebook shows; text that a model wrote is escaped."""
        html: str = import_module(self.PAGES).html_of(self)
        return html
