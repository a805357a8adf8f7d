"""Resolution of the two models that write and check a suite: their servers, and that they are two."""

from dataclasses import dataclass

from evaluation.errors import ConfigurationError
from evaluation.metrics.metric import Need
from evaluation.requests.evaluation_request import CandidateRequest
from evaluation.requests.writing_request import WritingRequest
from evaluation.resolution.abilities import refuse_without_ability
from evaluation.resolution.candidates import resolve_candidate
from evaluation.resolution.endpoints import resolve_endpoints
from evaluation.resolution.metric_models import MetricModel, split_model
from evaluation.settings import Settings
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class WritingModels:
    """The two models of a suite, with what the user should know."""

    writer: MetricModel
    checker: MetricModel
    notes: tuple[str, ...]


async def resolve_writing(request: WritingRequest, *, settings: Settings, store: Store) -> WritingModels:
    """Return the model that writes and the one that checks.

    Raises:
        ConfigurationError: no server has one of them, it cannot write, or both have the same weights.
    """
    writer, notes = await _model(request.model, request, "writes the cases", "--model", settings, store)
    checker, more_notes = await _model(request.check, request, "checks the cases", "--check", settings, store)
    if _are_same(writer, checker):
        raise ConfigurationError(
            f"{request.model!r} and {request.check!r} are the same weights: a model that checks "
            "what it wrote sees its own mistakes as right",
            "Name another model with --check.",
        )
    return WritingModels(writer=writer, checker=checker, notes=tuple(dict.fromkeys((*notes, *more_notes))))


def _are_same(writer: MetricModel, checker: MetricModel) -> bool:
    """Check whether two names mean the same weights; where a server gives no digest, the same name at one server."""
    first, second = writer.resolved.info, checker.resolved.info
    if first.digest and second.digest:
        return first.digest == second.digest
    return first.name == second.name and writer.digest == checker.digest


async def _model(
    text: str, request: WritingRequest, purpose: str, option: str, settings: Settings, store: Store
) -> tuple[MetricModel, list[str]]:
    name, place = split_model(text)
    servers = request.for_servers()
    if place:
        servers = servers.model_copy(update={"endpoints": [place]})
    endpoints, notes = await resolve_endpoints(servers, settings=settings, store=store, may_embed=False)
    resolved, model_notes = await resolve_candidate(
        CandidateRequest(model=name, think=False), endpoints, store=store, allow_remote=request.allow_remote
    )
    refuse_without_ability(resolved, "completion", f"it {purpose}", option)
    used = {endpoint.name for endpoint in resolved.endpoints}
    others = tuple(f"{endpoint.name}: " for endpoint in endpoints if endpoint.name not in used)
    shown = (
        [note for note in (*notes, *model_notes) if not note.startswith(others)] if others else [*notes, *model_notes]
    )
    return MetricModel(need=Need.JUDGE, name=name, resolved=resolved), shown
