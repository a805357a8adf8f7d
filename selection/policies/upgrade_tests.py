"""The re-test of an upgrade: the runs that decided for a candidate, asked again of what its server has now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.candidate import Candidate
from evaluation.errors import ConfigurationError
from evaluation.fingerprint import fingerprint
from evaluation.planning.plan import run_id_for
from evaluation.records.policies import Upgrade
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import CandidateRequest, EvaluationRequest
from evaluation.store.plans import find_invocation
from evaluation.store.policies import load_policy
from evaluation.store.registry import find_candidate, find_endpoint
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from selection.policies.upgrade_watch import WEIGHTS, Watched, watched_policy

_OF_SCORING = ("metrics", "judges", "embedder", "prices")
_OF_SERVERS = ("slots", "gpu_tag", "provider", "embedded", "allow_remote")
_AS_BEFORE = (*_OF_SCORING, *_OF_SERVERS, "max_failures", "timeout_s", "case_timeout_s")
"""Fields of the request of a run that its re-test has too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retest:
    """One run, asked again."""

    run_id: str
    """The run that decided."""
    key: str
    """Fingerprint of the candidate in it."""
    policy_ids: tuple[str, ...]
    benchmark_name: str
    benchmark_version: str
    invocation_id: str
    """The same each time, so that a test that was killed goes on where it was."""
    request: EvaluationRequest

    @property
    def retest_id(self) -> str:
        """Id of the run that asks again."""
        return run_id_for(self.invocation_id, self.benchmark_name)

    @property
    def record(self) -> dict[str, Any]:
        """The test as an upgrade's details have it before it is made."""
        return {
            "run": self.run_id,
            "retest": self.retest_id,
            "candidate": self.key,
            "benchmark": self.benchmark_name,
            "policies": list(self.policy_ids),
        }


def retests_of(store: Store, upgrade: Upgrade) -> tuple[Retest, ...]:
    """Return the tests of an upgrade: one for each candidate of its policies and each run that decided for it.

    Raises:
        ConfigurationError: the weights are gone from the server, or no run can be asked again.
    """
    asked_as = upgrade.details.get("asked_as")
    if not asked_as:
        raise ConfigurationError(
            f"{upgrade.endpoint} no longer has the weights {upgrade.before[:12]} of {upgrade.model}",
            "Pull or create them under another name, or end or renew the policies.",
        )
    policies: dict[tuple[str, str], list[str]] = {}
    watched: dict[str, Watched] = {}
    runs: dict[str, RunRecord] = {}
    for policy_id in upgrade.policy_ids:
        each = watched_policy(store, load_policy(store, policy_id))
        if each is None or each.policy.ended_at is not None or not _concerns(upgrade, each):
            continue
        watched[each.policy.candidate_key] = each
        for run in each.runs:
            runs[run.plan.run_id] = run
            policies.setdefault((each.policy.candidate_key, run.plan.run_id), []).append(policy_id)
    if not policies:
        raise ConfigurationError(
            f"no completed run of the candidates that use {upgrade.model} is stored",
            "Evaluate them with `benchwright evaluate`, so that there is something to compare with.",
        )
    return tuple(
        _retest(store, upgrade, watched[key].candidate, runs[run_id], tuple(sorted(ids)), str(asked_as))
        for (key, run_id), ids in sorted(policies.items())
    )


def _concerns(upgrade: Upgrade, watched: Watched) -> bool:
    """Return whether a policy still uses what was changed."""
    return upgrade.kind != WEIGHTS or watched.digests.get(upgrade.model) == upgrade.before


def _retest(
    store: Store, upgrade: Upgrade, candidate: Candidate, run: RunRecord, policy_ids: tuple[str, ...], asked_as: str
) -> Retest:
    stored = find_invocation(store, run.plan.invocation_id)
    before = {} if stored is None else {name: stored.request[name] for name in _AS_BEFORE if name in stored.request}
    if before.get("prices") == {}:
        del before["prices"]
    return Retest(
        run_id=run.plan.run_id,
        key=candidate.fingerprint,
        policy_ids=policy_ids,
        benchmark_name=run.plan.benchmark_name,
        benchmark_version=run.plan.benchmark_version,
        invocation_id=fingerprint(["upgrade", upgrade.upgrade_id, run.plan.run_id, candidate.fingerprint])[:32],
        request=EvaluationRequest.model_validate(
            {
                **before,
                "benchmarks": [run.plan.benchmark_name],
                "candidates": [_text(candidate, asked_as)],
                "endpoints": _endpoints(store, upgrade, candidate, run),
                "limit": run.plan.limit,
                "repeats": run.plan.n_repeats,
                "seed": run.plan.seed,
                # Asked anew: answers of another server version, or of other weights, are what is tested.
                "reuse": False,
            }
        ),
    )


def _text(candidate: Candidate, asked_as: str) -> str:
    pipeline = candidate.pipeline
    return CandidateRequest(
        model=asked_as,
        options=dict(candidate.options),
        profile=candidate.profile.name,
        think=candidate.think,
        pipeline=None if pipeline is None else pipeline.name,
        pipeline_options={} if pipeline is None else dict(pipeline.options),
    ).as_text()


def _endpoints(store: Store, upgrade: Upgrade, candidate: Candidate, run: RunRecord) -> list[str]:
    """Return the changed server; for a pipeline also the others, which may have its other models.

    A stored endpoint is named, so that it is asked where it is now.
    """
    addresses = {each.plan.endpoint_name: each.plan.endpoint_url for each in run.candidates}
    others = () if candidate.pipeline is None else tuple(addresses)
    names = dict.fromkeys((upgrade.endpoint, *others))
    return [name if find_endpoint(store, name) is not None else addresses.get(name, name) for name in names]


def tested_candidate(store: Store, upgrade: Upgrade, test: Mapping[str, Any]) -> str:
    """Return the fingerprint of the candidate that a re-test asked.

    Raises:
        ConfigurationError: it is not the changed one: the server has changed again, or a setting cannot be repeated.
    """
    old = find_candidate(store, test["candidate"])
    (run_candidate,) = find_run(store, test["retest"]).candidates
    new = find_candidate(store, run_candidate.plan.candidate_fingerprint)
    if old is None or new is None:
        raise ConfigurationError(f"the candidate of run {test['run']} is not stored", "Was it deleted?")
    digests = {new.model: new.digest, **({} if new.pipeline is None else new.pipeline.models)}
    digest = new.digest if upgrade.model == old.model else digests.get(upgrade.model)
    expected = upgrade.after if upgrade.kind == WEIGHTS else old.digest
    if digest != expected:
        raise ConfigurationError(
            f"{upgrade.model} on {upgrade.endpoint} changed again while it was tested: it has {str(digest)[:12]} now",
            "The next look tests what it has then.",
        )
    if (dict(old.options), old.profile.hash) != (dict(new.options), new.profile.hash):
        raise ConfigurationError(
            f"the options or the prompt profile {old.profile.name!r} of {old.label} cannot be repeated as they were",
            "Was the profile changed? Evaluate the candidate anew, and renew the policy.",
        )
    return new.fingerprint
