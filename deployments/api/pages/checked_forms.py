"""Forms of pages as values of a type, and the answer to one that was taken.

    @router.post("/runs/{run}/notes", dependencies=[RUN])
    def add_note(run: str, form: Annotated[NoteForm, checked(NoteForm)]) -> Response:
        ...
        return see_other(f"/runs/{run}/case", id=form.case)

The guard checks host, origin, session and size, and stores a row for each such request; the scope is a dependency.
"""

from typing import Any, get_args, get_origin

from fastapi import Depends
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from deployments.api.bodies import Body
from deployments.api.invalid_fields import sentence_on
from deployments.api.pages.posted_forms import Form
from deployments.api.pages.rendering import address
from deployments.api.problems import ProblemError


def checked(kind: type[Body]) -> Any:
    """Return a dependency that gives the fields of a form; empty ones count as left out, unknown ones are refused.

    Args:
        kind: The fields. One that is a tuple may be sent several times.
    """

    def read(form: Form) -> Body:
        values = dict(_values(kind, name, form.texts(name)) for name in form.fields)
        try:
            return kind.model_validate({name: value for name, value in values.items() if value is not None})
        except ValidationError as error:
            words = sentence_on(error.errors(include_url=False), kind)
            raise ProblemError(422, words, "Go back and correct it.", kind="invalid-field") from None

    return Depends(read)


def see_other(path: str, *, fragment: str = "", **parameters: object) -> RedirectResponse:
    """Return the answer to a form that was taken: the browser opens this page of ours."""
    return RedirectResponse(address(path, **parameters) + (f"#{fragment}" if fragment else ""), 303)


def _values(kind: type[Body], name: str, texts: list[str]) -> tuple[str, Any]:
    """Return a field's name and value; None: it was left out.

    Raises:
        ProblemError: 422, it takes one value and was sent several times.
    """
    field = kind.model_fields.get(name)
    filled = [text.replace("\r\n", "\n") for text in texts if text]
    if field is not None and _takes_several(field.annotation):
        return name, filled
    if len(texts) > 1:
        words = f"expected one value of {name!r}, received {len(texts)}"
        raise ProblemError(422, words, "Send the form from the page.", kind="repeated-parameter")
    if field is None or filled:
        return name, texts[0].replace("\r\n", "\n")
    return name, field.get_default() if not field.is_required() else None


def _takes_several(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(_takes_several(each) for each in get_args(annotation))
