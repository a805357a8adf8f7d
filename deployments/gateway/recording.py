"""The record of a call: a row of traffic, written in the background, and the figures for whoever watches."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from deployments.gateway.budgets import Budgets, BudgetSpentError, Owner
from deployments.gateway.callers import Caller
from deployments.gateway.gateway_settings import FinishedCall, GatewaySettings
from deployments.gateway.kept_questions import context_of
from deployments.gateway.plans import Arm, Plan, Target
from deployments.gateway.usage import StageUse, usage_of, use_of_energy
from deployments.tracing import Recording
from evaluation.chat_protocols.calls import ChatCall
from evaluation.chat_protocols.deltas import Delta, Ending
from evaluation.errors import BenchwrightError, ConfigurationError, FailureKind, ProviderError, SelectionError
from evaluation.records.kept_texts import KeptText
from evaluation.records.policies import Policy, ServedCall, Spending
from evaluation.records.question_context import QuestionContext
from evaluation.records.traffic_calls import MOST_NAME_CHARACTERS, MOST_STAGES, NOBODY, RefusedRequestError
from evaluation.traffic import Recorder

_REFUSED = frozenset({FailureKind.BAD_OPTION, FailureKind.PROMPT_TOO_LONG, FailureKind.REFUSED_BY_POLICY})


@dataclass(slots=True)
class Progress:
    """What is known of a call so far."""

    task: str
    prompt: str = ""
    context: Callable[[], QuestionContext | None] = lambda: None
    """Returns what stood around the prompt, for whoever keeps texts."""
    target: Target | None = None
    n_asked: int = 0
    asked_at: float | None = None
    """When the target was asked, in seconds of `time.perf_counter`."""
    ttft_s: float | None = None
    ending: Ending | None = None
    answer: KeptText = field(default_factory=KeptText)
    """Its text, where texts are stored."""
    n_characters: int = 0
    """Characters of the answer, kept or not."""


class CallRecord:
    """Follows one call from its request to its end.

    Args:
        recorder: Stores it.
        settings: The gateway's.
        task: Task of the call.
        caller: Who sends it.
        budgets: Count what it uses.
    """

    def __init__(
        self, recorder: Recorder, settings: GatewaySettings, *, task: str, caller: Caller, budgets: Budgets
    ) -> None:
        self._settings, self._caller, self._budgets = settings, caller, budgets
        self._call = recorder.start(task=_name(task), candidate=NOBODY, keep_texts=True)
        self._began = time.perf_counter()
        self._keeps_texts = settings.keep_texts
        self._policy: Policy | None = None
        self._owners: tuple[Owner, ...] = ()
        self._recommendation_id: str | None = None
        self._arm: Arm | None = None
        self._is_shadow = False
        self._outcome: str | None = None
        self._spent = Spending()
        """What stages of pipelines used."""
        self._stages: list[tuple[int, int, StageUse]] = []
        """With the number of the target and their place in its answer: stages side by side end in any order."""
        self.progress = Progress(task=task)

    @property
    def caller(self) -> Caller:
        """Who sends the call."""
        return self._caller

    def planned(self, policy: Policy | None, *, is_paid_by_key: bool = True) -> None:
        """Note the policy by which the call is answered, and count it as on its way."""
        self._policy = policy
        self._keeps_texts = self._settings.keep_texts if policy is None else policy.keeps_texts
        owners = [] if policy is None else [Owner(policy_id=policy.policy_id)]
        owners += [] if self._caller.key_id is None or not is_paid_by_key else [Owner(key_id=self._caller.key_id)]
        self._owners = tuple(owners)
        for owner in self._owners:
            self._budgets.start(owner)

    def asks(self, call: ChatCall) -> None:
        """Note what the client asks."""
        self.progress.prompt, self.progress.context = call.last_prompt, partial(context_of, call)

    def shadow_of(self, policy: Policy, arm: Arm) -> None:
        """Note that the challenger of a trial is asked too: the policy pays for it, its caller's key does not."""
        self.planned(policy, is_paid_by_key=False)
        self._arm, self._is_shadow = arm, True

    def attempt(self, target: Target, plan: Plan) -> None:
        """Note that a target is asked. A call counts in a trial if its arm's candidate is."""
        before = self.progress
        if plan.arm is not None and target.key == plan.arm.key:
            self._arm = plan.arm
        self.progress = Progress(
            task=plan.task,
            prompt=before.prompt,
            context=before.context,
            target=target,
            n_asked=before.n_asked + 1,
            asked_at=time.perf_counter(),
        )

    def stage(self, use: StageUse) -> None:
        """Note a stage of a pipeline, which is paid for whether or not its candidate answers in the end."""
        self._spent += use.spending
        if len(self._stages) < MOST_STAGES:
            self._stages.append((self.progress.n_asked, use.position, use))

    def recommended(self, recommendation_id: str | None) -> None:
        """Note the recommendation of the candidate that answers."""
        self._recommendation_id = recommendation_id

    def take(self, delta: Delta) -> None:
        """Note a piece of the answer."""
        progress = self.progress
        if progress.ttft_s is None:
            progress.ttft_s = time.perf_counter() - self._began
        progress.n_characters += len(delta.text) + len(delta.thinking)
        if self._keeps_texts:
            progress.answer.add(delta.text)
        if delta.ending is not None:
            progress.ending = delta.ending

    def end(self, error: BaseException | None = None) -> None:
        """Hand the call to the recorder's thread, and tell whoever watches."""
        progress, call, ending = self.progress, self._call, self.progress.ending
        self._outcome = _outcome(error)
        label = NOBODY if progress.target is None else progress.target.label
        usage = self._usage()
        call.task, call.candidate = _name(progress.task), _name(label)
        for *_, use in sorted(self._stages, key=lambda each: each[:2]):
            call.stage(_name(use.name), tokens=use.tokens, duration_s=use.duration_s)
        if ending is not None:
            call.tokens(prompt=ending.prompt_tokens, output=ending.output_tokens)
        if self._keeps_texts:
            call.texts(input=progress.prompt, output=progress.answer.text, context=progress.context())
        call.served = self._served(usage)
        is_refused = self._outcome == "refused" and progress.target is not None
        call.complete(error=RefusedRequestError if is_refused else error)  # which is no failure of whoever was asked
        for owner in self._owners:
            self._budgets.end(owner, usage)
        if self._is_shadow:  # Nobody sent it: it is in no figure of what clients got.
            return
        self._settings.on_finished(
            FinishedCall(
                task=progress.task,
                candidate="" if progress.target is None else label,
                endpoint="" if progress.target is None else progress.target.upstream.name,
                policy="" if self._policy is None else self._policy.name,
                outcome=self._outcome,
                duration_s=time.perf_counter() - self._began,
                ttft_s=progress.ttft_s,
                prompt_tokens=None if ending is None else ending.prompt_tokens,
                output_tokens=None if ending is None else ending.output_tokens,
                cached_tokens=None if ending is None else ending.cached_tokens,
                n_asked=progress.n_asked,
            )
        )

    def tell(self, recording: Recording) -> None:
        """Note what is known of the call in its span: names and counts, no text."""
        progress, ending = self.progress, self.progress.ending
        recording.note(
            outcome=self._outcome,
            task=None if progress.target is None else _name(progress.task),
            policy=None if self._policy is None else self._policy.name,
            candidate=None if progress.target is None else progress.target.label,
            endpoint=None if progress.target is None else progress.target.upstream.name,
            servers_asked=progress.n_asked,
            first_token_s=progress.ttft_s,
            prompt_tokens=None if ending is None else ending.prompt_tokens,
            output_tokens=None if ending is None else ending.output_tokens,
        )

    def _usage(self) -> Spending:
        """Return what the call used; of one that no server took, nothing."""
        progress = self.progress
        if progress.target is None or progress.asked_at is None or progress.ttft_s is None:
            return replace(self._spent, n_calls=1)
        if progress.target.staged is not None:
            return self._spent + use_of_energy(progress.target.rates)
        return self._spent + usage_of(
            progress.ending,
            n_prompt_characters=len(progress.prompt),
            n_answer_characters=progress.n_characters,
            worked_s=time.perf_counter() - progress.asked_at,
            rates=progress.target.rates,
        )

    def _served(self, usage: Spending) -> ServedCall:
        progress, target = self.progress, self.progress.target
        prompt = progress.prompt
        return ServedCall(
            endpoint=None if target is None else target.upstream.name,
            candidate_key=None if target is None else target.key,
            policy_id=None if self._policy is None else self._policy.policy_id,
            key_id=None if self._is_shadow else self._caller.key_id,
            recommendation_id=self._recommendation_id,
            trial_id=None if self._arm is None else self._arm.trial.trial_id,
            is_challenger=self._arm is not None and self._arm.is_challenger,
            is_shadow=self._is_shadow,
            conversation=None if self._arm is None else self._arm.conversation,
            prompt_hash=hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest() if prompt else None,
            prompt_characters=len(prompt) if prompt else None,
            first_token_s=progress.ttft_s,
            tokens=usage.tokens,
            gpu_s=usage.gpu_s,
            joules=usage.joules,
            usd=usage.usd,
        )


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "ok"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, ProviderError):
        return "refused" if error.kind in _REFUSED else "failed"
    is_refused = isinstance(error, ConfigurationError | SelectionError | BudgetSpentError)
    return "refused" if is_refused and isinstance(error, BenchwrightError) else "failed"


def _name(text: str) -> str:
    return text.strip()[:MOST_NAME_CHARACTERS] or NOBODY
