"""Restriction of templates in automations: they may fill in values, and call nothing but the methods of these.

Prefect renders the bodies and parameters of automations in its server's process, by Jinja's sandbox, with pydantic
objects in scope. Jinja lets them call every method without an underscore, and pydantic's `parse_raw` and `parse_file`
read pickles and any file: anyone with access to the API could run code there. So a template may call methods of texts,
numbers, dates and collections, the labels of a resource, and what Jinja itself provides.
"""

from datetime import date, time, timedelta
from typing import Any

PLAIN = (str, bytes, int, float, list, tuple, dict, set, frozenset, date, time, timedelta)
LABEL_METHODS = ("get", "items", "keys")


def only_fill_in() -> None:
    """Restrict what Prefect's templates in this process may call, from now on.

    Raises:
        AttributeError: this release of Prefect renders them in another way.
    """
    from prefect.server.utilities.user_templates import UserTemplateEnvironment

    sandbox_allows = UserTemplateEnvironment.is_safe_callable

    def is_safe_callable(environment: Any, function: Any) -> bool:
        return sandbox_allows(environment, function) and may_call(function, environment.globals)

    setattr(UserTemplateEnvironment, "is_safe_callable", is_safe_callable)  # noqa: B010 - a method, to mypy


def may_call(function: object, brought: dict[str, Any]) -> bool:
    """Return whether the function is a method of a plain value, or one of Jinja's own.

    Args:
        function: Function that a template calls.
        brought: Globals of every template by name: `range`, `dict`, `namespace`, …
    """
    from jinja2.runtime import BlockReference, LoopContext, Macro
    from jinja2.utils import Cycler, Joiner
    from prefect.server.events.schemas.labelling import Labelled

    if any(function is value for value in brought.values()):
        return True
    if isinstance(function, (BlockReference, LoopContext, Macro, Joiner)):
        return True
    method = getattr(function, "__wrapped__", function)  # of `format`, which the sandbox wraps
    owner = getattr(method, "__self__", None)
    if isinstance(owner, Labelled):
        return getattr(method, "__name__", "") in LABEL_METHODS
    return isinstance(owner, (*PLAIN, LoopContext, Cycler))
