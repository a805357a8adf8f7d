"""Candidates written for other programs: the format by its name or by that of a file, and the file."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from deployments.cli.terminal.output import print_status
from evaluation.candidate_files.configuration import CandidateExport, configuration_of, with_documents
from evaluation.candidate_files.content import content_of
from evaluation.candidate_files.formats import form_of
from evaluation.candidate_files.modelfile import as_modelfile
from evaluation.errors import ConfigurationError, UnknownNameError
from selection.configuration import Form, call_of, written_as
from selection.pages.recommendation_evidence import evidence_of

if TYPE_CHECKING:
    from evaluation.records.evidence import Choosable
    from evaluation.store.session import Store
    from selection.answers import Recommendation

FORMS = get_args(Form)
OF_MODELS = ("python", "openai", "modelfile")
"""Forms for other servers, which have no program of Benchwright's."""
_FURTHER = ("endpoint_identity", "pipeline_version", "corpus", "corpus_documents")
"""Fields of a candidate's file that only its stored configuration knows."""
_IMPORTED = "It is known by name alone; use the format json, env or modelfile."


def checked_form(word: str | None, out: Path | None, *, option: str, as_json: bool = False) -> Form | None:
    """Return the named form of a configuration, or else the one of the file's name.

    None where neither is given.

    Raises:
        UnknownNameError: there is no such form.
        ConfigurationError: the file's name has no known form, or two outputs were requested.
    """
    if word is None and out is None:
        return None
    if word is None and out is not None and (word := form_of(out)) is None:
        raise ConfigurationError(f"--out {str(out)!r}: cannot tell the format", f"Give {option}: {', '.join(FORMS)}.")
    if word not in FORMS:
        raise UnknownNameError(f"form of {option}", str(word), FORMS)
    if as_json and out is None:
        raise ConfigurationError(
            f"--json and {option} both set the output format", f"Leave one out, or give --out FILE for {option}."
        )
    return cast("Form", word)


def form_and_file(word: str | None, out: Path | None, *, option: str) -> tuple[str | None, Path | None]:
    """Return the name of a format and the file, of which an option may give either.

    Raises:
        ConfigurationError: two files were named.
    """
    if word is None or word in FORMS or not (form_of(Path(word)) or os.sep in word or "." in word):
        return word, out
    if out is not None:
        raise ConfigurationError(f"{option} {word!r} and --out {str(out)!r} name two files", "Leave one of them out.")
    return None, Path(word)


def written_recommendation(
    store: "Store", recommendation: "Recommendation", candidate: "Choosable", form: "Form"
) -> str:
    """Return the recommended candidate in that format, with the evidence for it.

    Raises:
        ConfigurationError: it cannot be written in that format.
    """
    from evaluation.store.registry import find_candidate
    from evaluation.store.selectable_candidates import last_provider

    evidence = evidence_of(recommendation)
    if (stored := find_candidate(store, candidate.key)) is None:
        if form in ("modelfile", "json", "env"):
            return written_as(candidate, form, evidence=evidence)
        raise ConfigurationError(f"{candidate.label!r} was imported, and how it is asked is not known", _IMPORTED)
    export = CandidateExport(
        configuration=with_documents(configuration_of(stored)),
        label=candidate.label,
        fingerprint=stored.fingerprint,
        evidence=evidence,
        call=call_of(candidate, last_provider=last_provider(store, candidate.key)),
    )
    return _written(export, candidate, form)


def written_winner(store: "Store", run: str, form: "Form", *, label: str | None = None) -> str:
    """Return the winner of a run in that format, or its candidate of that label.

    Raises:
        UnknownNameError: no such run, or no such candidate in it.
        ConfigurationError: the run is not finished, nobody won, or the candidate cannot be written in that format.
    """
    from evaluation.exports.winner import winner_of_run
    from evaluation.store.selectable_candidates import find_choosable

    export = winner_of_run(store, run, label=label)
    choosable = find_choosable(store, export.fingerprint)
    assert choosable is not None  # noqa: S101 - the run asked it
    return _written(export, replace(choosable, label=export.label), form)


def _written(export: CandidateExport, candidate: "Choosable", form: "Form") -> str:
    from evaluation.candidate_files.writing import WRITERS

    if candidate.is_program and form in OF_MODELS:
        raise ConfigurationError(
            f"{export.label!r} is a program of Benchwright's, which no other server has",
            "Use the format yaml or json, or Constraints(models_only=True) or --models-only for the best model.",
        )
    if form == "modelfile":
        providers = {place.provider for place in candidate.places if place.provider}
        return as_modelfile(export, providers=providers or ({export.call.provider} if export.call else set()))
    if form in WRITERS:
        return WRITERS[form](export)
    content = content_of(export)
    further = {name: content[name] for name in _FURTHER if name in content}
    return written_as(candidate, "json" if form == "json" else "env", evidence=export.evidence, further=further)


def write_out(path: Path, text: str) -> None:
    """Write a new file, and report it.

    Raises:
        ConfigurationError: it exists already, or cannot be written.
    """
    from evaluation.planning.templates import write_new_file

    write_new_file(path, text)
    print_status(f"{path}: written")
