import json
from dataclasses import replace

import numpy as np
from compared_runs import candidate, cases_of, compared, right_on, store_run

from evaluation.comparisons.labels import with_labels
from evaluation.results.as_json import as_json
from evaluation.results.comparisons import PreferenceResult
from evaluation.stats.preferences import rank_preferences
from evaluation.stats.votes import Vote
from evaluation.store.session import Store


def test_every_side_is_called_by_its_new_label_and_nothing_else_changes(store: Store) -> None:
    cases = cases_of(30)
    sides = ("a:1b", "b:1b", "c:1b")
    run = store_run(
        store, *(candidate(side, right_on(cases, range(9 * i))) for i, side in enumerate(sides)), cases=cases
    )
    votes = [
        Vote(a=a, b=b, score=1.0, prompt=case.case_id) for case in cases for a, b in (sides[:2], sides[1:], sides[::2])
    ]
    ranking = rank_preferences(votes, rng=np.random.default_rng(1))
    # A note may be worded as a side is called: it stays.
    made = replace(
        compared(store, run),
        notes=("a:1b",),
        preferences=(PreferenceResult(word="judge", signature="Judge()", ranking=ranking),),
    )
    members = tuple(replace(side, members=()) for side in made.sides)
    made = replace(made, sides=members, sentences=())
    labels = {"a:1b": "first", "b:1b": "second", "c:1b": "third"}

    renamed = with_labels(made, labels)

    expected = json.dumps(as_json(replace(made, notes=())))
    for old, new in labels.items():
        expected = expected.replace(f'"{old}"', f'"{new}"')
    assert expected == json.dumps(as_json(replace(renamed, notes=())))
    assert ("a:1b",) == renamed.notes
    assert "third" == renamed.winner
