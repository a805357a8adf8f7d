"""The gateway: OpenAI's and Ollama's chat protocols, with `auto` for the candidate that was measured as the best.

    gateway = Gateway(store)
    app.include_router(gateway.router(), dependencies=[...])  # and `async with gateway:` in the app's lifespan

Errors come in the client's protocol. Mount no middleware that buffers bodies in front of it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Self

from fastapi import APIRouter, FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from deployments.gateway.answering import JSON, Request, answer, write_problem
from deployments.gateway.attempts import sending
from deployments.gateway.budgets import Budgets, Owner
from deployments.gateway.cached_value import CachedValue
from deployments.gateway.callers import Caller, caller_of, first_messages
from deployments.gateway.case_words import refuse_fields_of
from deployments.gateway.dialects import DIALECTS, EMBEDDING_PATHS, Dialect, error_body
from deployments.gateway.directory import Directory
from deployments.gateway.embedding import TASK as EMBEDDING
from deployments.gateway.embedding import embedded_model, embedding_sending
from deployments.gateway.explanations import header_value
from deployments.gateway.gateway_settings import GatewaySettings
from deployments.gateway.listings import Listings
from deployments.gateway.load import GatewayLoad, load_of
from deployments.gateway.planner import Planner
from deployments.gateway.plans import Plan, policy_named, task_of
from deployments.gateway.problems import Problem
from deployments.gateway.recording import CallRecord
from deployments.gateway.responses import Reply, WorkResponse, read_content
from deployments.gateway.shadows import Shadows
from deployments.gateway.trial_watch import TrialWatch
from deployments.tracing import span
from evaluation.chat_protocols.fields import model_of, read_body
from evaluation.errors import BenchwrightError, ConfigurationError, TransientProviderError
from evaluation.formatting import excerpt
from evaluation.records.policies import Policy, WhenSpent
from evaluation.store.policies import list_policies
from evaluation.store.session import Store, open_store
from evaluation.traffic import Recorder

CHAT = "chat"
"""Task of a call that names none."""
TASK_HEADER = "x-benchwright-task"
EXPLAIN = "explain"
_DEFAULTS = GatewaySettings()


class Gateway:
    """Answers clients of OpenAI's and Ollama's protocols from the servers of a store. Used on one event loop.

    Args:
        store: The evidence, the endpoints, and the recorded calls: an open store, a path or a URL.
        endpoints: Names or addresses of servers; empty: all stored ones, else Ollama at its usual address.
        embedded_url: Address of a running embedded server.
        settings: Settings.
    """

    def __init__(
        self,
        store: Store | str | None = None,
        *,
        endpoints: Sequence[str] = (),
        embedded_url: str | None = None,
        settings: GatewaySettings = _DEFAULTS,
    ) -> None:
        self._owns_store = not isinstance(store, Store)
        self._store = store if isinstance(store, Store) else open_store(store)
        self._settings = settings
        self._directory = Directory(self._store, endpoints=endpoints, embedded_url=embedded_url, settings=settings)
        self._planner = Planner(self._store, self._directory, settings)
        self._recorder = Recorder(self._store.url)
        self._budgets = Budgets(self._store, self._recorder.flush)
        self.shadows = Shadows(self._budgets, settings)
        """Challengers that are asked too."""
        self._trials = TrialWatch(self._store, self._recorder.flush, self.shadows, settings)
        self._policies = CachedValue[tuple[Policy, ...]](
            self._read_policies, first=(), max_age_s=settings.policies_age_s
        )
        self._listings = Listings(self._store, self._directory, self._planner, self._policies)

    async def __aenter__(self) -> Self:
        self._trials.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections to the servers, and write the calls that are not stored yet."""
        await self.shadows.close()
        await self._trials.close()
        await self._trials.store_dropped()
        await self._planner.close()
        await self._directory.close()
        await self._policies.close()
        await self._budgets.close()
        await asyncio.to_thread(self._recorder.close)
        if self._owns_store:
            self._store.close()

    @property
    def load(self) -> GatewayLoad:
        """What its servers work on now, and what became of shadows."""
        return load_of(self._directory.known, self.shadows)

    def flush(self) -> int:
        """Write the recorded calls now; return how many are left."""
        return self._recorder.flush()

    def router(self) -> APIRouter:
        """Return the routes. They are left out of an OpenAPI description: others describe these protocols."""
        router = APIRouter(include_in_schema=False)
        for path, dialect in DIALECTS.items():
            router.add_api_route(path, self._route(partial(self._chat, dialect)), methods=["POST"])
        for path, is_openai in EMBEDDING_PATHS.items():
            router.add_api_route(path, self._route(partial(self._embed, path, is_openai)), methods=["POST"])
        router.add_api_route("/v1/models", self._route(self._models), methods=["GET"])
        router.add_api_route("/v1/models/{name:path}", self._route(self._model), methods=["GET"])
        router.add_api_route("/api/tags", self._route(self._tags), methods=["GET"])
        router.add_api_route("/api/version", self._route(self._version), methods=["GET"])
        router.add_api_route("/api/show", self._route(self._show), methods=["POST"])
        return router

    def _route(
        self, work: Callable[[HttpRequest, Reply], Awaitable[None]]
    ) -> Callable[[HttpRequest], Awaitable[Response]]:
        async def endpoint(request: HttpRequest) -> Response:
            return WorkResponse(partial(work, request))

        return endpoint

    async def _body(self, http: HttpRequest) -> dict[str, Any]:
        return read_body(await read_content(http, max_bytes=self._settings.max_body_bytes))

    async def _read_policies(self) -> tuple[Policy, ...]:
        return await asyncio.to_thread(list_policies, self._store)

    async def _chat(self, dialect: Dialect, http: HttpRequest, reply: Reply) -> None:
        record = self._record(http, CHAT)
        async with _recorded(record, dialect.error, reply):
            body = await self._body(http)
            request = Request(
                send=partial(sending, dialect, body),
                stream_type=dialect.stream_type,
                error=dialect.error,
                broken_off=dialect.broken_off,
                is_explained=_is_explained(http),
            )
            dialect.check(body)
            with span("plan"):
                plan = await self._plan(dialect, body, record)
            with self._shadowed(plan, request, record, http):
                await answer(plan, request, record, reply, prefer_loaded=self._settings.prefer_loaded)

    @contextmanager
    def _shadowed(self, plan: Plan, request: Request, record: CallRecord, http: HttpRequest) -> Iterator[None]:
        """Have the challenger asked too once the block has answered, or its servers failed."""

        def offer() -> None:
            self.shadows.offer(
                plan,
                send=request.send,
                record=lambda: self._record(http, plan.task),
                client_call=record.progress,
            )

        try:
            yield
        except TransientProviderError:
            offer()
            raise
        offer()

    async def _plan(self, dialect: Dialect, body: Mapping[str, Any], record: CallRecord) -> Plan:
        name, task = model_of(body), record.progress.task
        auto_task = task_of(name)
        policy = None if auto_task is not None else await self._policy(name)
        await self._must_have_budget(record.caller)
        record.planned(policy)
        if auto_task is None and policy is None:
            refuse_fields_of(body, name)
            with suppress(BenchwrightError):  # What we cannot read, the server may.
                record.asks(dialect.read(body))
            return await self._planner.named(name, task=task)
        call = dialect.read(body)
        record.asks(call)
        record.progress.task = auto_task or task
        if policy is None:
            return await self._planner.recommended(call, auto_task or "", fallback_task=task)
        record.progress.task = policy.task or task
        saving = await self._saving(policy)
        trial = await self._trials.trial_of(policy)
        conversation = "" if trial is None else record.caller.conversation_of(first_messages(call))
        return await self._planner.of_policy(
            policy, call, task=task, saving=saving, trial=trial, conversation=conversation
        )

    async def _policy(self, name: str) -> Policy | None:
        """Return the policy of a name, also one that was made a moment ago."""
        policy = policy_named(await self._policies.get(), name)
        if policy is None and not await self._directory.has(name):
            await self._policies.renew()
            policy = policy_named(self._policies.value, name)
        return policy

    async def _must_have_budget(self, caller: Caller) -> None:
        """Check that a key's budget is not spent.

        Raises:
            BudgetSpentError: it is.
        """
        if caller.key is None or not caller.budget.limits:
            return
        limit = await self._budgets.reached(Owner(key_id=caller.key_id), caller.budget)
        if limit is not None:
            raise self._budgets.spent_error(f"the key {caller.key.name!r}", caller.budget, limit)

    async def _saving(self, policy: Policy) -> str | None:
        """Return the limit of a policy that is reached, where a cheaper candidate is to answer then; None: none is.

        Raises:
            BudgetSpentError: one is, and the policy refuses calls then.
        """
        limit = await self._budgets.reached(Owner(policy_id=policy.policy_id), policy.budget)
        if limit is not None and policy.when_spent is WhenSpent.REFUSE:
            raise self._budgets.spent_error(f"the policy {policy.name!r}", policy.budget, limit)
        return limit

    async def _embed(self, path: str, is_openai: bool, http: HttpRequest, reply: Reply) -> None:
        shape = partial(error_body, is_openai=is_openai)
        record = self._record(http, EMBEDDING)
        async with _recorded(record, shape, reply):
            body = await self._body(http)
            await self._must_have_budget(record.caller)
            record.planned(None)
            plan = await self._planner.named(embedded_model(path, body), task=record.progress.task)
            request = Request(
                send=embedding_sending(path, body),
                stream_type=JSON,
                error=shape,
                broken_off=lambda problem: json.dumps(shape(problem)).encode(),
            )
            await answer(plan, request, record, reply, prefer_loaded=self._settings.prefer_loaded)

    def _record(self, http: HttpRequest, task: str) -> CallRecord:
        task = http.headers.get(TASK_HEADER, "").strip() or task
        return CallRecord(self._recorder, self._settings, task=task, caller=caller_of(http), budgets=self._budgets)

    async def _models(self, _http: HttpRequest, reply: Reply) -> None:
        await _listed(self._listings.openai_models(), reply, is_openai=True)

    async def _model(self, http: HttpRequest, reply: Reply) -> None:
        await _listed(self._listings.openai_model(http.path_params["name"]), reply, is_openai=True)

    async def _tags(self, _http: HttpRequest, reply: Reply) -> None:
        await _listed(self._listings.tags(), reply, is_openai=False)

    async def _version(self, _http: HttpRequest, reply: Reply) -> None:
        await _listed(self._listings.version(), reply, is_openai=False)

    async def _show(self, http: HttpRequest, reply: Reply) -> None:
        try:
            shown, target = await self._listings.shown(await self._body(http))
        except BenchwrightError as error:
            await write_problem(error, partial(error_body, is_openai=False), reply)
            return
        await _write(shown, reply, headers={"x-benchwright-candidate": header_value(target.label)})


def _is_explained(http: HttpRequest) -> bool:
    """Return whether the client asks for the explanation.

    Raises:
        ConfigurationError: it says neither yes nor no.
    """
    word = http.query_params.get(EXPLAIN, "0")
    if word not in ("0", "1", "false", "true"):
        raise ConfigurationError(f"{EXPLAIN} is {excerpt(word, 40)!r}", f"Give `?{EXPLAIN}=1`, or leave it out.")
    return word in ("1", "true")


@asynccontextmanager
async def _recorded(
    record: CallRecord, shape: Callable[[Problem], dict[str, Any]], reply: Reply
) -> AsyncIterator[None]:
    """Record how the block ends; an error before the first byte becomes the answer."""
    with span("gateway call") as recording:
        try:
            async with _ended(record, shape, reply):
                yield
        finally:
            record.tell(recording)


@asynccontextmanager
async def _ended(record: CallRecord, shape: Callable[[Problem], dict[str, Any]], reply: Reply) -> AsyncIterator[None]:
    try:
        yield
    except BenchwrightError as error:
        if not reply.has_begun:
            await write_problem(error, shape, reply)
        record.end(error)
    except BaseException as error:
        record.end(error)
        raise
    else:
        record.end()


async def _listed(value: Awaitable[dict[str, Any]], reply: Reply, *, is_openai: bool) -> None:
    try:
        content = await value
    except BenchwrightError as error:
        await write_problem(error, partial(error_body, is_openai=is_openai), reply)
        return
    await _write(content, reply, headers={})


async def _write(content: Mapping[str, Any], reply: Reply, *, headers: Mapping[str, str]) -> None:
    await reply.begin(200, JSON, headers)
    await reply.write(json.dumps(content).encode())
    await reply.end()


def gateway_app(gateway: Gateway) -> FastAPI:
    """Return an application with the gateway alone: no keys and no guards, for tests and measurements."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with gateway:
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.include_router(gateway.router())
    return app
