"""Rounds of the cases that ask several models: each walks as far as the loaded model goes, then waits for the next one.

In a round, all that waits for a model is asked while it is loaded once.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from evaluation.options import load_options
from evaluation.planning.interleaving import Place
from evaluation.planning.pipelines import PipelineModel
from evaluation.planning.plan import Group, Plan, PlannedCandidate
from tasks.generation.give_up_rules import CandidateWatch
from tasks.generation.group_work import GroupWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a candidate's cases wait for: one of its models."""

    run_candidate_id: int
    model: PipelineModel | None
    """None: the candidate's own."""


class Rounds:
    """The cases put aside, by the model that each waits for, and the work of the next round."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._waiting: defaultdict[Waiting, list[Place]] = defaultdict(list)
        self._positions: dict[tuple[int, str, int], int] = {}
        self._first = [group for group in map(_without_rounds, plan.groups) if group is not None]
        """Groups of candidates that ask one model, not handed out yet."""

    @property
    def in_rounds(self) -> tuple[PlannedCandidate, ...]:
        """Candidates that ask several models."""
        return tuple(item for item in self._plan.candidates if item.asks_several_models)

    def add(self, run_candidate_id: int, place: Place, model: PipelineModel | None) -> None:
        """Add a case that has no outcome yet, with the model that it waits for."""
        position, case_id, repeat = place
        self._positions[run_candidate_id, case_id, repeat] = position
        self._waiting[Waiting(run_candidate_id=run_candidate_id, model=model)].append(place)

    def put_aside(self, run_candidate_id: int, case_id: str, repeat: int, model: PipelineModel | None) -> None:
        """Put a case aside until the model is loaded."""
        place = (self._positions[run_candidate_id, case_id, repeat], case_id, repeat)
        self._waiting[Waiting(run_candidate_id=run_candidate_id, model=model)].append(place)

    def next_works(self, watches: Mapping[int, CandidateWatch]) -> tuple[GroupWork, ...]:
        """Return the work of the next round, whose cases are then no longer put aside; empty: there is none.

        A model that cases waiting for another one may ask later is left for a later round, so that it is loaded once
        for both. Where that holds for all models, none is left.
        """
        for waiting in [key for key in self._waiting if watches[key.run_candidate_id].given_up is not None]:
            del self._waiting[waiting]
        by_memory: dict[tuple[str, str, tuple[str, ...]], list[_Part]] = {}
        parts = [_Part(group=group) for group in self._first]
        parts += [_Part(group=_group(self._plan, waiting), waiting=waiting) for waiting in self._waiting]
        for part in parts:
            by_memory.setdefault((part.group.residency, part.group.model, part.group.endpoints), []).append(part)
        later = [(waiting, residency) for waiting in self._waiting for residency in self._may_ask_later(waiting)]
        now = [
            together
            for (residency, *_), together in by_memory.items()
            if not any(
                residency == other and waiting not in [part.waiting for part in together] for waiting, other in later
            )
        ]
        chosen = now or list(by_memory.values())
        handed_out = [part.group for together in chosen for part in together if part.waiting is None]
        self._first = [group for group in self._first if all(group is not each for each in handed_out)]
        return tuple(self._work(together) for together in chosen)

    def _work(self, together: Sequence["_Part"]) -> GroupWork:
        """Return the work of all that needs the same memory; candidates whose own model it is come first."""
        parts = sorted(together, key=lambda part: part.group.stage_model is not None)
        group = replace(parts[0].group, planned=tuple(item for part in parts for item in part.group.planned))
        put_aside = [part.waiting for part in parts if part.waiting is not None]
        return GroupWork(
            group,
            models={waiting.run_candidate_id: waiting.model for waiting in put_aside},
            places={waiting.run_candidate_id: sorted(self._waiting.pop(waiting)) for waiting in put_aside},
        )

    def _may_ask_later(self, waiting: Waiting) -> Iterator[str]:
        """Yield what must be in memory for the candidate's models other than the one that its cases wait for."""
        _, planned = self._plan.planned(waiting.run_candidate_id)
        if planned.pipeline is None:
            return
        for model in (None, *planned.pipeline.models.values()):
            if model != waiting.model:
                other = Waiting(run_candidate_id=waiting.run_candidate_id, model=model)
                yield _group(self._plan, other).residency


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of a round's work on one model."""

    group: Group
    waiting: Waiting | None = None
    """None for candidates that ask one model."""


def _without_rounds(group: Group) -> Group | None:
    """Return the group without the candidates that ask several models; None where no other is left."""
    planned = tuple(item for item in group.planned if not item.asks_several_models)
    return replace(group, planned=planned) if planned else None


def _group(plan: Plan, waiting: Waiting) -> Group:
    """Return the work of one model of a candidate."""
    _, planned = plan.planned(waiting.run_candidate_id)
    if (model := waiting.model) is None:
        return Group(model=planned.model, load_options=planned.load_options, planned=(planned,))
    options = {} if model.embeds else load_options(model.options)
    return Group(model=model.name, load_options=options, planned=(planned,), stage_model=model)
