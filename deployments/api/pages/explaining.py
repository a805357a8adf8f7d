"""Words of a page that explain themselves when they are pressed, and the page of all words.

A browser shows the explanation itself (`popover`), without a script: by keyboard, by touch and by mouse.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Section, Table
from evaluation.glossary import DOMAIN, FIGURES, LABELS

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
_LISTS = (
    ("Words", DOMAIN),
    ("Figures and headings of tables", FIGURES),
    ("Labels beside scores", LABELS),
)


@router.get("/words")
def words(request: Request) -> Response:
    """List the words that pages and reports use, with what they mean."""
    return section_page(
        request,
        "Words",
        [
            Section(
                title=title,
                table=Table(
                    label=title,
                    columns=("Word", "What it means"),
                    rows=tuple(
                        (term.word, term.meaning) for term in sorted(terms, key=lambda term: term.word.casefold())
                    ),
                ),
            )
            for title, terms in _LISTS
        ],
        about="A word with a dotted line explains itself when it is pressed.",
    )
