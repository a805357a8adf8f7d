"""What the gateway says of its models: those of all servers, with `auto` for each task that was measured."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from deployments.gateway.cached_value import CachedValue
from deployments.gateway.case_words import refuse_fields_of
from deployments.gateway.directory import Directory
from deployments.gateway.planner import Planner
from deployments.gateway.plans import AUTO, Target, policy_named, task_of
from deployments.gateway.upstream import Upstream
from deployments.gateway.wires import NATIVE_CHAT
from evaluation.chat_protocols.calls import ChatCall
from evaluation.chat_protocols.fields import text_of
from evaluation.chat_protocols.request_checks import check_request
from evaluation.errors import BenchwrightError, ConfigurationError, UnknownNameError
from evaluation.providers.error_replies import RequestContext
from evaluation.records.policies import Policy
from evaluation.servers.kept_weights import KEPT
from evaluation.store.session import Store
from selection.recommender.registry import recommender_of

FALLBACK_VERSION = "0.0.0"
_EPOCH = "1970-01-01T00:00:00Z"


class Listings:
    """Answers of the routes that generate nothing."""

    def __init__(
        self, store: Store, directory: Directory, planner: Planner, policies: CachedValue[tuple[Policy, ...]]
    ) -> None:
        self._policies = policies
        self._store = store
        self._directory = directory
        self._planner = planner
        self._created_s = int(time.time())

    async def _autos(self) -> list[str]:
        """Return `auto`, `auto:TASK` for each task that was measured, and policies; less where the store is away."""
        policies = [policy.name for policy in await self._policies.get()]
        try:
            view = await asyncio.to_thread(lambda: recommender_of(self._store).view())
        except BenchwrightError:
            return [AUTO, *policies]
        return [AUTO, *(f"{AUTO}:{task}" for task in view.scoreboard.standings), *policies]

    async def _tags(self) -> list[Mapping[str, Any]]:
        """Return the entries of all servers; a model that several have is listed once."""
        upstreams = await self._directory.upstreams()
        listed = await asyncio.gather(*(upstream.tags.get() for upstream in upstreams))
        entries = {str(entry.get("name")): entry for tags in reversed(listed) for entry in tags}
        # What was kept for a policy is asked for by the policy; who knows its name may ask it too.
        return [entries[name] for name in sorted(entries) if not name.startswith(KEPT)]

    async def openai_models(self) -> dict[str, Any]:
        """Return the answer of `/v1/models`."""
        own = [self._openai_model(name, is_own=True) for name in await self._autos()]
        names = [str(entry["name"]) for entry in await self._tags() if "name" in entry]
        return {"object": "list", "data": [*own, *(self._openai_model(name, is_own=False) for name in names)]}

    async def openai_model(self, name: str) -> dict[str, Any]:
        """Return the answer of `/v1/models/NAME`.

        Raises:
            UnknownNameError: there is no such model.
        """
        own = await self._autos()
        if name not in own and task_of(name) is not None:
            raise UnknownNameError("model", name, own)
        if name not in own:
            await self._directory.with_model(name)
        return self._openai_model(name, is_own=name in own)

    def _openai_model(self, name: str, *, is_own: bool) -> dict[str, Any]:
        owner = "benchwright" if is_own else "library"
        return {"id": name, "object": "model", "created": self._created_s, "owned_by": owner}

    async def tags(self) -> dict[str, Any]:
        """Return the answer of `/api/tags`."""
        autos = [
            {"name": name, "model": name, "modified_at": _EPOCH, "size": 0, "digest": "", "details": _details()}
            for name in await self._autos()
        ]
        return {"models": [*autos, *await self._tags()]}

    async def version(self) -> dict[str, Any]:
        """Return the answer of `/api/version`: that of the first server that has one, for which clients look."""
        upstreams = await self._directory.upstreams()
        versions = await asyncio.gather(
            *(each.version.get() for each in upstreams if each.wire.chat_path == NATIVE_CHAT)
        )
        return {"version": next((version for version in versions if version), FALLBACK_VERSION)}

    async def shown(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], Target]:
        """Return the answer of `/api/show`, and who it is of: for `auto` the candidate that would answer.

        Raises:
            BenchwrightError: there is no such model, or its server does not answer.
        """
        name = text_of(body, "model") or text_of(body, "name")
        if not name:
            raise ConfigurationError("the request names no model", "Give `model`.")
        check_request("/api/show", body)
        refuse_fields_of(body, name)
        task, call = task_of(name), ChatCall(model=name, turns=())
        policy = policy_named(await self._policies.get(), name)
        if task is not None:
            plan = await self._planner.recommended(call, task, fallback_task=name)
        elif policy is not None:
            plan = await self._planner.of_policy(policy, call, task=name)
        else:
            plan = await self._planner.named(name, task=name)
        target = plan.targets[0]
        return await _shown(target.upstream, target.model, body), target


async def _shown(upstream: Upstream, model: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if upstream.wire.chat_path == NATIVE_CHAT:
        sent = {**body, "model": model}
        return await upstream.connection.ask(
            "POST", "/api/show", sent, context=RequestContext(url=upstream.name, model=model)
        )
    info = await upstream.provider.show(model)
    return {
        "modelfile": "",
        "parameters": "",
        "template": info.template or "",
        "details": _details(),
        "model_info": {"general.architecture": "", "general.parameter_count": info.n_parameters},
        "capabilities": list(info.capabilities) or ["completion"],
        "modified_at": _EPOCH,
    }


def _details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "",
        "family": "",
        "families": [],
        "parameter_size": "",
        "quantization_level": "",
    }
