"""The files of a corpus: which of them a reader is for, and what else stands in its folders."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import allowed_path
from evaluation.files.path_text import path_text
from evaluation.files.unreadable import reason_of
from evaluation.retrieval.left_out import LeftOut, WhyLeftOut
from evaluation.retrieval.readers import READERS

MOST_FILES = 100_000
LONGEST_ENDING = 12
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a link to a folder, which is not followed"),
)


def corpus_files(folder: Path) -> tuple[list[Path], list[LeftOut]]:
    """Return the documents of a folder and its subfolders in the order of their names, and what else is there.

    Hidden files and folders are in neither; links to folders are not followed.

    Raises:
        ConfigurationError: the folder has too many files, or a link leads where a form may not read.
    """
    documents: list[Path] = []
    left_out: list[LeftOut] = []
    for entry in _entries(folder):
        if isinstance(entry, Path):
            documents.append(entry)
        else:
            left_out.append(entry)
        if len(documents) + len(left_out) > MOST_FILES:
            raise ConfigurationError(
                f"the corpus {path_text(folder)!r} has more than the {MOST_FILES:,} files allowed",
                "Name a smaller folder.",
            )
    return sorted(documents), sorted(left_out, key=lambda entry: entry.path)


def name_in(corpus: Path, file: Path) -> str:
    """Return the name of a document: its path within the corpus, with `/` between folders."""
    return path_text(file.name if file == corpus else file.relative_to(corpus).as_posix())


def problem_of(error: OSError, path: str) -> LeftOut:
    """Return what is left out because the file system refuses it."""
    return LeftOut(path=path, why=WhyLeftOut.UNREADABLE, reason=reason_of(error))


def _entries(corpus: Path) -> Iterator[Path | LeftOut]:
    """Yield the documents and what is left out, in no order."""
    folders = [corpus]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    path = folder / entry.name
                    if _is_folder(entry):
                        folders.append(path)
                    else:
                        yield _sorted_out(path, name_in(corpus, path))
        except OSError as error:
            yield problem_of(error, f"{name_in(corpus, folder)}/" if folder != corpus else "./")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _sorted_out(path: Path, name: str) -> Path | LeftOut:
    """Return the path of a document, or why it is none."""
    allowed_path(path, what="the document")  # it may be a link to somewhere else
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if os.path.islink(path):  # never raises, as the method of a path may
            reason = "a link to nothing" if isinstance(error, FileNotFoundError) else f"a link: {reason_of(error)}"
            return LeftOut(path=name, why=WhyLeftOut.NO_FILE, reason=reason)
        return problem_of(error, name)
    if not stat.S_ISREG(mode):
        reason = next((words for is_kind, words in _KINDS if is_kind(mode)), "a device")
        return LeftOut(path=name, why=WhyLeftOut.NO_FILE, reason=reason)
    ending = path_text(path.suffix.lower())
    if ending in READERS:
        return path
    shown = ending if 1 < len(ending) <= LONGEST_ENDING else "a file of its kind"
    return LeftOut(path=name, why=WhyLeftOut.OTHER_KIND, reason=f"{shown} is not read")
