"""Changes of model, judge or server between two times, so that a drop is attributed to the right cause."""

from collections.abc import Mapping, Sequence

from evaluation.monitoring.values import Setting
from evaluation.records.alerts import Change

WHAT = {
    "model": "the model (its digest)",
    "judge": "the judge or metric (its signature)",
    "server": "the server's version",
    "endpoint": "the server",
    "slots": "the number of requests at once",
}


def changes_between(before: Setting, now: Setting) -> tuple[Change, ...]:
    """Return every setting that is known on both sides and differs.

    Digests are compared only at the same server, since two servers may give one file different digests.
    """
    changes = []
    for what in WHAT:
        if what == "model" and before.endpoint != now.endpoint:
            continue
        was, is_now = getattr(before, what), getattr(now, what)
        if was is not None and is_now is not None and was != is_now:
            changes.append(Change(what=what, was=str(was), now=str(is_now)))
    return (*changes, *changed_parts(before.parts, now.parts))


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """Return every part of a pipeline that is known on both sides and differs."""
    return tuple(
        Change(what=part, was=was, now=now[part]) for part, was in before.items() if part in now and now[part] != was
    )


def changes_since(earlier: Sequence[Setting], now: Setting) -> tuple[Change, ...]:
    """Return every setting that differs from the newest of the earlier ones."""
    return changes_between(earlier[-1], now) if earlier else ()


def in_words(changes: Sequence[Change]) -> str:
    """Return a sentence on what changed, or that nothing did."""
    if not changes:
        return "No change in model, judge or server."
    changed = [
        f"{WHAT.get(change.what, change.what)} changed ({shortened(change.was)} → {shortened(change.now)})"
        for change in changes
    ]
    same = [name for name in ("model", "judge", "server") if name not in {change.what for change in changes}]
    rest = f"; {' and '.join(same)} {'is' if len(same) == 1 else 'are'} the same" if same else ""
    return f"Since then {', '.join(changed)}{rest}."


def shortened(text: str, length: int = 24) -> str:
    """Return the text, truncated where it is long: digests and signatures are."""
    bare = text.removeprefix("sha256:")
    return bare if len(bare) <= length else f"{bare[:12]}…"
