"""Reads a corpus: the texts of a folder's documents, or of one file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import allowed_path
from evaluation.files.bounded_reading import in_mib
from evaluation.fingerprint import fingerprint
from evaluation.formatting import counted
from evaluation.retrieval.readers import READERS, UnreadableDocumentError

LARGEST_FILE = 64 * 1024 * 1024
MOST_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a corpus."""

    path: str
    """Relative to the corpus, with `/` between folders."""
    text: str
    digest: str
    """SHA-256 of the file's bytes, in hex."""
    page_starts: tuple[int, ...] = field(default=(), repr=False)
    """Index in `text` at which each page begins; empty where the document has no pages."""

    def page_at(self, index: int) -> int | None:
        """Return the page, from 1, that holds the character at `index`; None where there are no pages."""
        return sum(start <= index for start in self.page_starts) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The documents that passages are searched in."""

    name: str
    """The path as it was named."""
    documents: tuple[Document, ...]
    skipped: tuple[str, ...] = ()
    """Files of a kind that is not read."""

    @property
    def digest(self) -> str:
        """Hash of all documents' paths and bytes: another one where any of them has changed."""
        return fingerprint([[document.path, document.digest] for document in self.documents])


def read_corpus(path: Path) -> Corpus:
    """Read every document of a folder and its subfolders, or a single file; hidden files are left out.

    Raises:
        ConfigurationError: no such path, nothing to read in it, or a document that cannot be read.
    """
    path = allowed_path(path, what="the corpus")
    if not path.exists():
        raise ConfigurationError(f"no such corpus: {str(path)!r}", "Name a folder with documents, or a file.")
    readable, skipped = _sorted_out(path)
    documents = tuple(read_document(file, _name(path, file)) for file in readable)
    if not any(document.text.strip() for document in documents):
        kinds = ", ".join(sorted(READERS))
        raise ConfigurationError(
            f"the corpus {str(path)!r} has no text: {counted(len(documents), 'document')}, "
            f"{counted(len(skipped), 'file')} of other kinds",
            f"Documents are {kinds}. Scanned pages need text recognition first.",
        )
    return Corpus(name=str(path), documents=documents, skipped=tuple(_name(path, file) for file in skipped))


def read_document(file: Path, name: str) -> Document:
    """Read one document.

    Raises:
        ConfigurationError: it is too large, encrypted, damaged or cannot be opened.
    """
    allowed_path(file, what="the document")  # it may be a link to somewhere else
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise UnreadableDocumentError(f"it has {in_mib(size)}, more than the {in_mib(LARGEST_FILE)} allowed")
        content = file.read_bytes()
        text, page_starts = READERS[file.suffix.lower()](content)
    except (OSError, UnreadableDocumentError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"the document {str(file)!r} cannot be read: {why}", "Mend it, or take it out of the corpus."
        ) from error
    return Document(path=name, text=text, digest=hashlib.sha256(content).hexdigest(), page_starts=page_starts)


def _name(corpus: Path, file: Path) -> str:
    return file.name if file == corpus else file.relative_to(corpus).as_posix()


def _sorted_out(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the files to read and those of other kinds, both in the order of their names."""
    if path.is_file():
        if path.suffix.lower() not in READERS:
            raise ConfigurationError(
                f"the corpus {str(path)!r} is no document of a kind that is read",
                f"Kinds: {', '.join(sorted(READERS))}.",
            )
        return [path], []
    files = sorted(_files(path))
    if len(files) > MOST_FILES:
        raise ConfigurationError(
            f"the corpus {str(path)!r} has {len(files):,} files, more than the {MOST_FILES:,} allowed",
            "Name a smaller folder.",
        )
    readable = [file for file in files if file.suffix.lower() in READERS]
    return readable, [file for file in files if file.suffix.lower() not in READERS]


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not is_hidden and file.is_file():
            yield file
