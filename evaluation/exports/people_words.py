"""What people wrote on answers, as texts for the cells of a table: their tags, and their notes with who wrote them."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.store.annotations import notes_on_cases
from evaluation.store.answer_tags import tags_of_cases
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWords:
    """Tags and notes by case: those on the case, and those on one candidate's answer to it."""

    tags: dict[str, list[str]]
    notes: dict[str, list[str]]

    def cells(self, case_id: str) -> dict[str, str]:
        """Return the cells of an answer, each a list in JSON; what nobody wrote is left out."""
        lists = {"tags": self.tags.get(case_id), "notes": self.notes.get(case_id)}
        return {name: json.dumps(texts, ensure_ascii=False) for name, texts in lists.items() if texts}


def people_words(store: Store, run_id: str, fingerprint: str, case_ids: Sequence[str]) -> PeopleWords:
    """Return what people wrote on cases of a run, and on the answers of the candidate of this fingerprint."""
    places = (None, fingerprint)
    tags, notes = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for each in tags_of_cases(store, run_id, case_ids):
        if each.fingerprint in places:
            tags[each.case_id].append(each.tag)
    for note in notes_on_cases(store, run_id):
        if note.fingerprint in places and note.case_id is not None:
            notes[note.case_id].append(f"{note.author}: {note.text}")
    return PeopleWords(tags=tags, notes=notes)
