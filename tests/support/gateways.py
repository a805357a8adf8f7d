"""A gateway over a store that recommends, with two scripted servers behind it, for any client."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from recommendable import N_CASES, SECONDS
from scripted_upstream import ScriptedUpstream
from served import eventually
from served_asgi import AsgiServer, served_asgi
from stored_runs import Asked, answer, store_run

from deployments.gateway.gateway import Gateway, gateway_app
from deployments.gateway.gateway_settings import FinishedCall, GatewaySettings
from evaluation.candidate import Candidate, PromptProfile
from evaluation.case import Case
from evaluation.generation import Timing
from evaluation.model_info import ModelInfo
from evaluation.providers import PROVIDERS
from evaluation.records.candidates import EndpointRecord
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.models import record_seen
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store
from evaluation.store.traffic import list_traffic

OLLAMA, OPENAI = PROVIDERS
TASK = "classification"
RIGHT = {"small": 38, "large": 12}
"""How many of the task's cases each model gets right."""
PROFILE = PromptProfile(name="brief", system="Be brief.", template="Q: {prompt}")


@dataclass
class Behind:
    """What stands behind a gateway, and what it is asked."""

    store: Store
    url: str
    gateway: Gateway
    here: ScriptedUpstream
    """Has `small:1b`, the best."""
    there: ScriptedUpstream
    """Has `large:1b`."""
    servers: Mapping[str, AsgiServer]
    finished: list[FinishedCall] = field(default_factory=list)

    def recorded(self, n_calls: int) -> list[TrafficCall]:
        """The recorded calls, oldest first, once there are as many."""
        assert eventually(lambda: len(self.finished) >= n_calls)
        assert 0 == self.gateway.flush()
        return list(list_traffic(self.store))

    @property
    def n_asked(self) -> tuple[int, int]:
        """Requests for an answer that came to each server."""
        return len(self.here.asked), len(self.there.asked)


def candidate(model: str, **more: Any) -> Candidate:
    """A candidate of a model with its usual digest."""
    return Candidate(model=f"{model}:1b", digest=f"digest-of-{model}", **more)


def fill(
    store: Store,
    right: Mapping[str, int],
    urls: Mapping[str, str],
    providers: Mapping[str, str],
    *,
    gpu_tag: str | None = None,
) -> None:
    """Stores a run that measured the models, each on its server, and the servers."""
    cases = tuple(Case(case_id=f"c{i}", prompt=f"number {i}?", references=("yes",)) for i in range(N_CASES))
    for name, url in urls.items():
        save_endpoint(store, EndpointRecord(name=name, url=url, provider=providers[name], gpu_tag=gpu_tag))
    for model, name in zip(("small", "large"), urls, strict=True):
        info = ModelInfo(
            name=f"{model}:1b", digest=f"digest-of-{model}", capabilities=("completion", "tools", "vision")
        )
        record_seen(store, info, endpoint_name=name)
    store_run(
        store, *(_measured(cases, model, right[model]) for model in right), cases=cases, task_type=TASK, name=TASK
    )


def measured_elsewhere_too(store: Store, model: str, endpoint: str) -> None:
    """Stores a run in which another server answered for the same weights as well."""
    cases = tuple(Case(case_id=f"c{i}", prompt=f"number {i}?", references=("yes",)) for i in range(N_CASES))
    record_seen(store, ModelInfo(name=f"{model}:1b", digest=f"digest-of-{model}"), endpoint_name=endpoint)
    asked = replace(_measured(cases, model, RIGHT[model]), endpoint=endpoint)
    store_run(store, asked, cases=cases, task_type=TASK, name=TASK, run_id=f"on-{endpoint}")


def _measured(cases: tuple[Case, ...], model: str, n_right: int) -> Asked:
    timing = Timing(total_s=SECONDS[model], load_s=0.0)
    options = {"temperature": 0.0, "num_ctx": 4096}
    correct = {int(i * N_CASES / n_right) for i in range(n_right)}
    return Asked(
        candidate=candidate(model, options=options, profile=PROFILE),
        endpoint="here" if model == "small" else "there",
        outcomes={case.case_id: answer("yes" if i in correct else "no", timing=timing) for i, case in enumerate(cases)},
    )


@contextmanager
def gateway_over(
    store: Store,
    *,
    right: Mapping[str, int] = RIGHT,
    there_is_ollama: bool = True,
    prefer_loaded: bool = True,
    keep_texts: bool = False,
    max_body_bytes: int = 2**20,
    trial_quiet_s: float = 0.0,
    policies_age_s: float = 0.0,
    gpu_tag: str | None = None,
    guarded: Callable[[Any], Any] = lambda app: app,
) -> Iterator[Behind]:
    """A gateway on a port, until the end of the block; `guarded` puts something before it, `gpu_tag` one GPU behind."""
    here = ScriptedUpstream("here", models={"small:1b": "digest-of-small", "embedder:1b": "digest-of-embedder"})
    there = ScriptedUpstream("there", models={"large:1b": "digest-of-large"}, is_ollama=there_is_ollama)
    with ExitStack() as stack:
        servers = {upstream.name: stack.enter_context(served_asgi(upstream)) for upstream in (here, there)}
        urls = {name: server.url for name, server in servers.items()}
        providers = {"here": OLLAMA, "there": OLLAMA if there_is_ollama else OPENAI}
        fill(store, right, urls, providers, gpu_tag=gpu_tag)
        finished: list[FinishedCall] = []
        settings = GatewaySettings(
            prefer_loaded=prefer_loaded,
            keep_texts=keep_texts,
            max_body_bytes=max_body_bytes,
            listing_age_s=0.0,
            loaded_age_s=0.0,
            policies_age_s=policies_age_s,
            trial_look_s=0.02,
            shadow_patience_s=3600.0,
            shadow_quiet_s=3600.0,
            trial_quiet_s=trial_quiet_s,
            on_finished=finished.append,
        )
        gateway = Gateway(store, settings=settings)
        server = stack.enter_context(served_asgi(guarded(gateway_app(gateway))))
        yield Behind(store, server.url, gateway, here, there, servers, finished)
