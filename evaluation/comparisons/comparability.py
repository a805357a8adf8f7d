"""What only looks alike is not compared: other cases, another prompt, another measure. In what do they differ?"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from evaluation.comparisons.members import Member
from evaluation.errors import IncomparableError, UnknownNameError
from evaluation.metrics.titles import signature_parts
from evaluation.records import MetricUse
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.case_hashes import case_hashes
from evaluation.store.session import Store

SHORT = 12
_N_NAMED = 3


def refuse_other_versions(store: Store, members: Sequence[Member]) -> None:
    """Check that all runs asked one benchmark version.

    Raises:
        IncomparableError: they did not; names both versions and says in what they differ.
    """
    first = members[0].run.plan
    for member in members:
        plan = member.run.plan
        if plan.benchmark_version != first.benchmark_version:
            raise IncomparableError(
                f"run {first.run_id} asked {_named(first.benchmark_name, first.benchmark_version)} and run "
                f"{plan.run_id} {_named(plan.benchmark_name, plan.benchmark_version)}: "
                f"{version_differences(store, first.benchmark_version, plan.benchmark_version)}",
                "Evaluate both on one of the versions. `compare --unpaired` compares them as groups of other cases.",
            )


def _named(name: str, version: str) -> str:
    return f"{name!r} in version {version[:SHORT]}"


def version_differences(store: Store, a: str, b: str) -> str:
    """In what one benchmark version differs from another, in words."""
    try:
        left, right = (load_benchmark_version(store, version, case_ids=()) for version in (a, b))
    except UnknownNameError as error:
        return f"they are other versions ({error.message})"
    differences = []
    if left.prompt.template != right.prompt.template:
        differences.append(f"the prompt is {left.prompt.template!r} against {right.prompt.template!r}")
    if left.prompt.system != right.prompt.system:
        differences.append(f"the system prompt is {left.prompt.system!r} against {right.prompt.system!r}")
    if options := _mapping_differences(left.options, right.options):
        differences.append(f"options that reach the model: {options}")
    differences += _case_differences(case_hashes(store, a), case_hashes(store, b))
    return "; ".join(differences) or "their cases are in a different order"


def _case_differences(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    kinds = {
        "only in the first": [case_id for case_id in a if case_id not in b],
        "only in the second": [case_id for case_id in b if case_id not in a],
        "with another content": [case_id for case_id in a if case_id in b and a[case_id] != b[case_id]],
    }
    differences = [f"{len(ids):,} {kind} ({_some(ids)})" for kind, ids in kinds.items() if ids]
    return [f"of {len(a):,} and {len(b):,} cases " + ", ".join(differences)] if differences else []


def _some(ids: Sequence[str]) -> str:
    named = ", ".join(repr(case_id) for case_id in islice(ids, _N_NAMED))
    return named + (", …" if len(ids) > _N_NAMED else "")


def _mapping_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*a, *b} if a.get(name) != b.get(name))
    return ", ".join(f"{name}={_value(a, name)} against {_value(b, name)}" for name in names)


def _value(options: Mapping[str, Any], name: str) -> str:
    return repr(options[name]) if name in options else "unset"


def refuse_other_signatures(name: str, uses: Mapping[str, Sequence[MetricUse]]) -> IncomparableError:
    """Return the refusal to compare a metric that is measured in different ways; says in what they differ.

    Args:
        name: The metric.
        uses: What each side was measured with under that name.
    """
    first, *others = uses
    other = next((side for side in others if not _shares(uses[first], uses[side])), others[0])
    a, b = uses[first][0].signature, uses[other][0].signature
    return IncomparableError(
        f"{name!r} was measured differently: {signature_differences(a, b)} ({first!r} against {other!r})",
        f"Rescore both with the same settings; no model is called: `benchwright score RUN --metric {name}`.",
    )


def _shares(a: Sequence[MetricUse], b: Sequence[MetricUse]) -> bool:
    return bool({use.signature for use in a} & {use.signature for use in b})


def signature_differences(a: str, b: str) -> str:
    """In which options, or in which version of the scorer, two signatures of a metric differ."""
    left, right = signature_parts(a), signature_parts(b)
    options = _texts(left.options, right.options)
    differences = [options] if options else []
    if left.version != right.version:
        differences.append(f"scorer version {left.version} against {right.version}")
    return "; ".join(differences) or f"signature {a} against {b}"


def _texts(a: Mapping[str, str], b: Mapping[str, str]) -> str:
    names = [name for name in dict.fromkeys((*a, *b)) if a.get(name) != b.get(name)]
    return ", ".join(f"{name}={a.get(name, 'unset')} against {b.get(name, 'unset')}" for name in names)
