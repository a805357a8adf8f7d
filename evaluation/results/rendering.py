"""Notebook rendering of results; the page is imported by name, since pages import results."""

from importlib import import_module
from typing import ClassVar


class ShownInNotebooks:
    """Mixin for results that notebooks show as a table."""

    __slots__ = ()
    PAGES: ClassVar[str] = "evaluation.reports.notebook"
    """Module of its page and of `html_of`, imported on use: an import would point upwards and burden all users."""

    def _repr_html_(self) -> str:
        """Return the HTML that a notebook shows; text that a model wrote is escaped."""
        html: str = import_module(self.PAGES).html_of(self)
        return html
