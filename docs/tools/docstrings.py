"""What do the strings under the fields of a class say?"""

import ast
import inspect
import itertools
import textwrap
from dataclasses import is_dataclass


def field_docstrings(described: type) -> dict[str, str]:
    """Return the string under each field of a class, in one line; a field without one is left out.

    Fields that a dataclass inherits from another are among them.
    """
    docstrings: dict[str, str] = {}
    for each in reversed(described.__mro__):
        if each is described or is_dataclass(each):
            docstrings |= _own_docstrings(each)
    return docstrings


def _own_docstrings(described: type) -> dict[str, str]:
    source = textwrap.dedent(inspect.getsource(described))
    (node,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    docstrings = {}
    for field, below in itertools.pairwise(node.body):
        is_docstring = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and is_docstring:
            docstrings[ast.unparse(field.target)] = " ".join(str(ast.literal_eval(ast.unparse(below))).split())
    return docstrings
