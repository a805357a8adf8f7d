"""Notebook rendering of results; the page is imported by name, since pages import results."""

from importlib import import_module

_PAGES = "evaluation.reports.notebook"
"""Which has `html_of`. An import would point upwards, and every user of a result would pay for the pages."""


class ShownInNotebooks:
    """A result that a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return the HTML that a notebook shows; whatever a model wrote is escaped."""
        html: str = import_module(_PAGES).html_of(self)
        return html
