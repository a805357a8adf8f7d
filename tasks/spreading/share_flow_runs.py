"""The flow runs of a spread run, managed by the process that waits for them: started, restarted, ended."""

import asyncio
import time
from dataclasses import dataclass, field

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling

from evaluation.errors import ConfigurationError
from evaluation.planning.plan import Plan
from evaluation.requests.run_share import Share
from evaluation.store.holders import holders_of_flow
from evaluation.store.missing import is_missing
from evaluation.store.recoveries import find_recovery, request_recovery
from evaluation.store.session import Store
from tasks.flow_logging import log_info, log_warning
from tasks.flow_run_starts import has_begun, is_overdue
from tasks.reconciling import reconcile
from tasks.store_calls import call_store

DEPLOYMENT = "stretch/stretch"
LOOK_EVERY_S = 3.0
TAKEN_WITHIN_S = 60.0
"""Seconds after which a flow run that no worker took, while no other one is at work, is done by the waiting process."""
ENDED = (StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED)


def tag_of(invocation_id: str) -> str:
    """Return the tag of all flow runs of a spread invocation."""
    return f"invocation:{invocation_id}"


@dataclass(kw_only=True)
class Child:
    """A flow run and the share that it works on."""

    share: Share
    flow_run: FlowRun
    is_over: bool = False


@dataclass(kw_only=True)
class Children:
    """All flow runs of a spread run."""

    store: Store
    plan: Plan
    client: PrefectClient
    each: list[Child] = field(default_factory=list)
    changed_at: float = field(default_factory=time.monotonic)
    """When one of them last sent a heartbeat."""

    async def begin(self) -> None:
        """Start a flow run for each share with missing cases, unless one is still open."""
        flow_runs = await self._existing_flow_runs()
        run_candidate_ids = [item.run_candidate_id for item in self.plan.candidates]
        for number in range(1, self.plan.spread + 1):
            share = Share(number=number, of=self.plan.spread)
            if not await call_store(is_missing, self.store, run_candidate_ids, share):
                continue
            of_share = [flow_run for flow_run in flow_runs if flow_run.parameters.get("request") == share.model_dump()]
            open_ = [
                flow_run for flow_run in of_share if flow_run.state is not None and flow_run.state.type not in ENDED
            ]
            made = open_[0] if open_ else await self._make(share, len(of_share))
            self.each.append(Child(share=share, flow_run=made))

    async def _existing_flow_runs(self) -> list[FlowRun]:
        of_invocation = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag_of(self.plan.invocation_id)]))
        return await self.client.read_flow_runs(flow_run_filter=of_invocation, limit=200)

    async def _make(self, share: Share, n_before: int) -> FlowRun:
        """Create the flow run of a share. Simultaneous callers get the same one, by its idempotency key."""
        try:
            return await arun_deployment(
                DEPLOYMENT,
                client=self.client,
                parameters={"request": share.model_dump(), "invocation_id": self.plan.invocation_id},
                timeout=0,
                tags=["benchwright", tag_of(self.plan.invocation_id)],
                idempotency_key=f"{self.plan.invocation_id} {share.part} {n_before}",
            )
        except ObjectNotFound:
            raise ConfigurationError(
                f"the Prefect server has no deployment {DEPLOYMENT!r}, which --spread needs",
                "Create it with `benchwright deploy --work-pool NAME`, or leave --spread out.",
            ) from None

    async def look(self) -> None:
        """Read the state of each; those that died without a word to the store are recorded there, to be restarted."""
        for child in self.each:
            if child.is_over:
                continue
            before = child.flow_run.state
            try:
                child.flow_run = await self.client.read_flow_run(child.flow_run.id)
            except ObjectNotFound:
                child.is_over = True
                continue
            if before is None or child.flow_run.state is None or before.id != child.flow_run.state.id:
                self.changed_at = time.monotonic()
            await self._judge(child)

    async def _judge(self, child: Child) -> None:
        state = child.flow_run.state
        if state is None:
            return
        if state.type in ENDED:
            child.is_over = True
            if not state.is_completed():
                log_warning("the flow run of share %s ended early: %s", child.share.part, state.message or state.name)
        elif state.type is StateType.CRASHED:
            recovery = await call_store(find_recovery, self.store, str(child.flow_run.id))
            if recovery is not None and recovery.given_up_at is not None:
                child.is_over = True
                log_warning("the flow run of share %s crashed too often and will not be restarted", child.share.part)
            else:
                await call_store(request_recovery, self.store, str(child.flow_run.id))
        elif is_overdue(state):
            holders = await call_store(holders_of_flow, self.store, str(child.flow_run.id))
            if not has_begun(state, holders):
                await call_store(request_recovery, self.store, str(child.flow_run.id))

    def are_over(self) -> bool:
        """Return whether no flow run is at work on a share any more."""
        return all(child.is_over for child in self.each)

    async def call_off_where_nobody_comes(self) -> None:
        """Cancel flow runs that no worker takes, once no other one is at work."""
        left = [child for child in self.each if not child.is_over]
        if any(child.flow_run.state is None or not child.flow_run.state.is_scheduled() for child in left):
            return
        if not left or time.monotonic() - self.changed_at < TAKEN_WITHIN_S:
            return
        log_warning(
            "no worker has taken %d shares in %.0f s: running their cases in this process", len(left), TAKEN_WITHIN_S
        )
        for child in left:
            await self._cancel(child)

    async def cancel(self) -> None:
        """Cancel all flow runs."""
        for child in self.each:
            if not child.is_over:
                await self._cancel(child)

    async def _cancel(self, child: Child) -> None:
        state: State[None] = Cancelled() if _is_scheduled(child) else Cancelling()
        try:
            await self.client.set_flow_run_state(child.flow_run.id, state)
        except Exception as error:  # it ends by itself, once its run has ended
            log_warning("the flow run of share %s could not be cancelled: %s", child.share.part, error)


def _is_scheduled(child: Child) -> bool:
    return child.flow_run.state is not None and child.flow_run.state.is_scheduled()


async def spread_out(store: Store, plan: Plan) -> None:
    """Run the shares of the plan on workers until all have ended. Cases still missing then are asked by no one else.

    Args:
        store: Store of the outcomes.
        plan: Plan whose runs are held by this process, and running.

    Raises:
        ConfigurationError: the Prefect server has no deployment for it.
        CancelledError: the flow runs were cancelled.
    """
    async with get_client() as client:
        children = Children(store=store, plan=plan, client=client)
        try:
            await children.begin()
            log_info("spread over %d flow runs, waiting for workers", len(children.each))
            while not children.are_over():
                await asyncio.sleep(LOOK_EVERY_S)
                await _look(children)
            await reconcile(store, waits=False)  # what a dead one was to do may have been done by the one before it
        except asyncio.CancelledError:
            await asyncio.shield(children.cancel())
            raise


async def _look(children: Children) -> None:
    """Check the shares; a failed request to Prefect is repeated later."""
    try:
        await children.look()
        await children.call_off_where_nobody_comes()
    except ConfigurationError:
        raise
    except Exception as error:
        log_warning("could not check the shares; retrying later: %s", error)
    await reconcile(children.store, waits=False)
