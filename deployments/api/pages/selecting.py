"""What becomes of the cases that somebody marked in the answers of a run: a benchmark file, a review, or a tag."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import READ, RUN
from deployments.api.bodies import NO_NUL, Body
from deployments.api.pages.authors import author_of
from deployments.api.pages.checked_forms import checked, see_other
from deployments.api.pages.rendering import PageRoute
from deployments.api.pages.runs import figures_in_use
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Link, Section
from deployments.api.problems import ProblemError
from deployments.cli.arguments import open_stored
from evaluation.answer_matrix.chosen_cases import ChosenBenchmark, checked_choice, chosen_benchmark
from evaluation.answer_matrix.page import case_ids_of_view
from evaluation.answer_matrix.selection import MatrixView, Showing, Sorting
from evaluation.benchmarks.file_writing import write_new_file
from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import file_limit
from evaluation.formatting import counted
from evaluation.requests.review_request import read_review_request
from evaluation.reviews.creation import open_review
from evaluation.store.answer_tags import add_tags
from evaluation.store.runs import find_run
from evaluation.store.session import Store

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
Short = Annotated[str, Field(max_length=500, pattern=NO_NUL)]
Label = Annotated[str, Field(max_length=1000, pattern=NO_NUL)]


class ViewFields(Body):
    """The view in which cases were chosen; see `MatrixView`."""

    text: Short = ""
    tag: Short = ""
    showing: Showing = Showing.ALL
    better: Label = ""
    worse: Label = ""
    equal: bool = False
    candidate: Label = ""
    sort: Sorting = Sorting.CASE
    descending: bool = False
    metric: Short = ""

    @property
    def view(self) -> MatrixView:
        """The view."""
        return MatrixView(**self.model_dump(include=ViewFields.model_fields.keys() - {"metric"}))


class ChoiceForm(ViewFields):
    """The chosen cases: those that are marked, or all that the view leaves; and what each button needs."""

    case: tuple[Annotated[str, Field(max_length=5000)], ...] = ()
    everything: bool = False
    name: Annotated[str, Field(max_length=200)] = ""
    kind: Literal["grades", "preference"] = "grades"
    n_raters: int = Field(1, ge=1, le=50)
    new_tag: Short = ""


Choice = Annotated[ChoiceForm, checked(ChoiceForm)]


@router.post("/runs/{run}/selection/file")
def download(request: Request, run: str, form: Choice) -> Response:
    """Return the chosen cases as a benchmark file."""
    with open_stored(None) as store:
        made = _benchmark(request, store, run, form)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(made)}"', "Cache-Control": "no-store"}
    return Response(made.text.encode("utf-8", "replace"), headers=headers, media_type="application/jsonl")


@router.post("/runs/{run}/selection/stored", dependencies=[RUN])
def store_file(request: Request, run: str, form: Choice) -> Response:
    """Store the chosen cases as a benchmark file in the folder of which forms may name files."""
    folder = _folder()
    with open_stored(None) as store:
        made = _benchmark(request, store, run, form)
    name = _file_name(made)
    try:
        write_new_file(folder / name, made.text)
    except FileExistsError:
        words = f"the folder of forms has a file {name!r} already"
        raise ProblemError(409, words, "Choose another name.", kind="exists") from None
    except OSError as error:
        raise ProblemError(503, f"{name!r} cannot be written: {error.strerror}", kind="store") from None
    return section_page(
        request,
        "Stored",
        [Section(lines=(f"{counted(made.n_cases, 'case')} stand in {name}, with where each came from.",))],
        up=Link(text="answers", address=f"/runs/{run}/answers"),
        about=f"Forms name it {name}; on the command line: benchwright evaluate --benchmark {folder / name}",
    )


@router.post("/runs/{run}/selection/review", dependencies=[RUN])
def make_review(run: str, form: Choice) -> Response:
    """Make a review of the chosen cases, in a random order."""
    with open_stored(None) as store:
        run_id, case_ids = _chosen(store, run, form)
        request = read_review_request({"runs": [run_id], "kind": form.kind, "n_raters": form.n_raters})
        record = open_review(store, request, case_ids=case_ids)
    return see_other(f"/reviews/{record.review_id}")


@router.post("/runs/{run}/selection/tags", dependencies=[RUN])
def tag(request: Request, run: str, form: Choice) -> Response:
    """Give the chosen cases a tag, and show those that have it."""
    with open_stored(None) as store:
        run_id, case_ids = _chosen(store, run, form)
        add_tags(store, run_id, case_ids, form.new_tag, author=author_of(request))
    return see_other(f"/runs/{run_id}/answers", tag=" ".join(form.new_tag.split()))


def _chosen(store: Store, run: str, form: ChoiceForm) -> tuple[str, list[str]]:
    """Return the run's id, and the chosen cases in the order of the benchmark."""
    run_id = find_run(store, run).plan.run_id
    if form.everything:
        of_view = case_ids_of_view(store, run_id, form.view, in_use=figures_in_use, metric=form.metric)
        return run_id, checked_choice(store, run_id, of_view)
    return run_id, checked_choice(store, run_id, form.case)


def _benchmark(request: Request, store: Store, run: str, form: ChoiceForm) -> ChosenBenchmark:
    run_id, case_ids = _chosen(store, run, form)
    return chosen_benchmark(store, run_id, case_ids, name=form.name, by=author_of(request))


def _file_name(made: ChosenBenchmark) -> str:
    """Return a file name of plain letters, which is no path and hides nothing."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', made.name).strip('-')[:100] or 'chosen'}.jsonl"


def _folder() -> Path:
    """Return the folder of which forms may name files.

    Raises:
        ConfigurationError: this server has none.
    """
    limit = file_limit()
    if limit is None or limit.folder is None or not os.path.isdir(limit.folder):
        raise ConfigurationError(
            "this server has no folder of which forms may name files",
            "Download the file instead, or start the server with `BENCHWRIGHT_FORM_FILES` set to a folder.",
        )
    return limit.folder
