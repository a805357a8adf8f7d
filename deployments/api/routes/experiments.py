"""Routes that write experiments, the runs that belong to them, and people's notes."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import ADMIN, RUN, Access
from deployments.api.answers import AddedRuns, DeletedExperiment, DeletedNote, MadeNote, RemovedRuns
from deployments.api.bodies import NO_NUL, Body
from deployments.api.description import PROBLEMS, answer
from deployments.api.idempotency import IdempotentRoute
from deployments.api.problems import ProblemError, read_number
from deployments.api.replies import reply
from deployments.cli.arguments import open_stored
from deployments.cli.experiments.annotations import change_notes
from deployments.cli.experiments.runs import change_runs
from evaluation.planning.templates import checked_template, template_of_run
from evaluation.results.experiments import ExperimentFacts
from evaluation.run_results.experiment_result import experiment_facts
from evaluation.store.experiment_deletion import delete_experiment
from evaluation.store.experiments import (
    add_runs,
    archive_experiment,
    change_experiment,
    clone_experiment,
    create_experiment,
    find_experiment,
    remove_runs,
)

router = APIRouter(route_class=IdempotentRoute, responses=PROBLEMS, tags=["experiments"])
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL, examples=["quantisations"])]
Text = Annotated[str, Field(max_length=20_000, pattern=NO_NUL)]
Tag = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Tags = Annotated[list[Tag], Field(max_length=100)]


class NewExperiment(Body):
    """An experiment to make."""

    name: Name
    question: Text = ""
    description: Text = ""
    tags: Tags = Field(default_factory=list)
    like_run: Name | None = Field(None, description="Run whose options become the experiment's template.")
    template: dict[str, Any] | None = Field(None, description="Options of its evaluations, as an evaluation has them.")


class ExperimentEdit(Body):
    """What to change about an experiment; what is not given stays."""

    name: Name | None = None
    question: Text | None = None
    description: Text | None = None
    tags: Tags | None = Field(None, description="All of its tags from now on.")
    favourite: bool | None = None
    archived: bool | None = None


class Runs(Body):
    """Runs to add to an experiment."""

    runs: list[Name] = Field(min_length=1, max_length=1000)


class Copy(Body):
    """A copy of an experiment: its question, template and tags, without its runs."""

    name: Name


class Note(Body):
    """A note on an experiment, a run, a case of a run, a candidate's answer to it or a comparison."""

    text: Annotated[str, Field(min_length=1, max_length=20_000, pattern=NO_NUL)]
    experiment: Name | None = None
    run: Name | None = None
    case: Annotated[str, Field(max_length=5000, pattern=NO_NUL)] | None = None
    fingerprint: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)] | None = Field(
        None, description="Of the candidate whose answer to the case is meant; default: the whole case is."
    )
    comparison: Name | None = None


@router.post("/experiments", status_code=201, responses=answer(ExperimentFacts, 201), dependencies=[RUN])
def make_experiment(request: Request, body: NewExperiment) -> Response:
    """Make an experiment; evaluations that name it add their runs."""
    if body.like_run is not None and body.template is not None:
        raise ProblemError(422, "like_run and template exclude each other", "Send one of them.", kind="invalid-field")
    values = body.model_dump(exclude={"like_run", "template"})
    with open_stored(None) as store:
        template = None if body.template is None else checked_template(body.template, source="body.template")
        if body.like_run is not None:
            template = template_of_run(store, body.like_run)
        made = create_experiment(store, template=template, **values)
    return reply(request, experiment_facts(made), 201)


@router.patch("/experiments/{name}", responses=answer(ExperimentFacts), dependencies=[RUN])
def edit_experiment(request: Request, name: str, body: ExperimentEdit) -> Response:
    """Change the given fields of an experiment."""
    changes = body.model_dump(exclude={"archived"}, exclude_none=True)
    with open_stored(None) as store:
        experiment_id = find_experiment(store, name).experiment_id
        if changes:
            change_experiment(store, experiment_id, **changes)
        if body.archived is not None:
            archive_experiment(store, experiment_id, archived=body.archived)
        return reply(request, experiment_facts(find_experiment(store, experiment_id)))


@router.delete("/experiments/{name}", responses=answer(DeletedExperiment), dependencies=[ADMIN])
def remove_experiment(request: Request, name: str) -> Response:
    """Delete an experiment with its notes and comparisons. Its runs stay."""
    with open_stored(None) as store:
        experiment = find_experiment(store, name)
        delete_experiment(store, experiment.experiment_id, with_runs=False)
    return reply(request, DeletedExperiment(experiment=experiment.name))


@router.post("/experiments/{name}/copies", status_code=201, responses=answer(ExperimentFacts, 201), dependencies=[RUN])
def copy_experiment(request: Request, name: str, body: Copy) -> Response:
    """Make an experiment like another one, without its runs."""
    with open_stored(None) as store:
        made = clone_experiment(store, find_experiment(store, name).experiment_id, name=body.name)
    return reply(request, experiment_facts(made), 201)


@router.post("/experiments/{name}/runs", responses=answer(AddedRuns), dependencies=[RUN])
def add_to_experiment(request: Request, name: str, body: Runs) -> Response:
    """Add stored runs to an experiment."""
    with open_stored(None) as store:
        changed, n_added = change_runs(store, name, body.runs, by=add_runs)
    return reply(request, AddedRuns(experiment=experiment_facts(changed), n_added=n_added))


@router.delete("/experiments/{name}/runs/{run}", responses=answer(RemovedRuns), dependencies=[RUN])
def remove_from_experiment(request: Request, name: str, run: str) -> Response:
    """Take a run out of an experiment; the run stays."""
    with open_stored(None) as store:
        changed, n_removed = change_runs(store, name, [run], by=remove_runs)
    return reply(request, RemovedRuns(experiment=experiment_facts(changed), n_removed=n_removed))


@router.post("/notes", status_code=201, responses=answer(MadeNote, 201))
def make_note(request: Request, body: Note, access: Annotated[Access, RUN]) -> Response:
    """Add a note; its author is the name of the key."""
    with open_stored(None) as store:
        number = change_notes(store, **body.model_dump(), author=access.name, remove=None)
    return reply(request, MadeNote(note=number), 201)


@router.delete("/notes/{note}", responses=answer(DeletedNote), dependencies=[RUN])
def remove_note(request: Request, note: str) -> Response:
    """Delete a note, by its number."""
    with open_stored(None) as store:
        number = change_notes(
            store,
            None,
            experiment=None,
            run=None,
            case=None,
            comparison=None,
            author=None,
            remove=read_number(note, "note"),
        )
    return reply(request, DeletedNote(note=number))
