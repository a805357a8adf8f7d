"""Folders of random hostile entries: what is read and what is left out are together all that is there."""

import io
import json
import os
import random
import socket
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import docx
import pytest
from pypdf import PdfWriter

from evaluation.errors import ConfigurationError
from evaluation.retrieval import corpus_files, documents
from evaluation.retrieval.document_process import DocumentProcess
from evaluation.retrieval.documents import Corpus, read_corpus, survey_corpus
from evaluation.retrieval.left_out import REFUSED, LeftOut, WhyLeftOut, summary_from
from evaluation.retrieval.passages import Chunker, index_identity, passages_of

STEMS = [
    b"plain",
    b"caf\xe9",
    b"caf\\xe9",
    b"\xff\xfe\x80",
    b"two\nlines",
    b"tab\there\r",
    b"\x1b[2J\x1b[31mred",
    b"<script>alert(1)</script>".replace(b"/", b"-"),
    b"[link](x) **bold** | cell",
    "\u202egnp".encode(),
    "日本語".encode(),
    b"'quoted' \"twice\"",
    b"$(reboot); `id`",
    b"-rf",
    b" ",
    b"x" * 240,
]
ENDINGS = [b".txt", b".md", b".html", b".htm", b".pdf", b".PDF", b".docx", b".csv", b".xlsx", b""]
ENDINGS += [b".", b".\xff", b".exe\n"]


@pytest.fixture(scope="module")
def process() -> Iterator[DocumentProcess]:
    with DocumentProcess() as process:
        yield process


def pdf(*, password: str = "") -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(width=300, height=300)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph("Spiders have 8 legs.")
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def archive(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return content.getvalue()


WHOLE = [
    b"",
    b"  \n",
    b"Spiders have 8 legs.",
    "Füße".encode("utf-16"),
    b"\xff\xfe\x00",
    b"caf\xe9",
    b"\0\1\2" * 100,
    b'a,b\n1,\0\n"open',
    b"<html>" + b"<div>" * 3_000 + b"deep",
    b'<![CDATA[<!DOCTYPE x [<!ENTITY a "aaaa">]><p>&a;',
    b"%PDF-1.7\n%%EOF",
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
    pdf(),
    pdf(password="key"),
    word(),
    archive(x=b"y"),
    archive(**{"[Content_Types].xml": b"<Types", "word/document.xml": b"<x>"}),
    b"\xd0\xcf\x11\xe0\xa1\xb1",
]


def content(rng: random.Random) -> bytes:
    """Return a whole document, a part of one, one with other bytes, or nothing that makes sense."""
    chosen = bytearray(rng.choice(WHOLE))
    match rng.randrange(4):
        case 0 if chosen:
            del chosen[rng.randrange(len(chosen)) :]
        case 1 if chosen:
            for _ in range(rng.randrange(1, 40)):
                chosen[rng.randrange(len(chosen))] = rng.randrange(256)
        case 2:
            return rng.randbytes(rng.randrange(400))
    return bytes(chosen)


def make_file(path: bytes, rng: random.Random) -> None:
    Path(os.fsdecode(path)).write_bytes(content(rng))


def make_huge_file(path: bytes, rng: random.Random) -> None:
    with open(path, "wb") as file:
        file.truncate(documents.LARGEST_FILE + rng.choice([0, 1, 10**9]))  # without taking up the disk


def make_pipe(path: bytes, rng: random.Random) -> None:
    os.mkfifo(path)


def make_socket(path: bytes, rng: random.Random) -> None:
    place = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{place}/".encode() + os.path.basename(path)[:60])  # a whole path is too long
    except OSError:
        os.mkfifo(path)
    finally:
        os.close(place)


def make_link(path: bytes, rng: random.Random) -> None:
    here = os.path.basename(path)
    os.symlink(rng.choice([b"nowhere.txt", here, b".", b"..", b"/dev/null", b"plain.txt", b"a\0"[:1] * 300]), path)


def make_unreadable(path: bytes, rng: random.Random) -> None:
    make_file(path, rng)
    os.chmod(path, 0)


MAKERS: list[Callable[[bytes, random.Random], None]] = [
    *[make_file] * 12,
    make_huge_file,
    make_pipe,
    make_socket,
    make_link,
    make_link,
    make_unreadable,
]


def fill(folder: bytes, rng: random.Random, *, depth: int = 0) -> None:
    for number in range(rng.randrange(1, 14)):
        path = os.path.join(folder, rng.choice(STEMS) + rng.choice([b"", b"%d" % number]) + rng.choice(ENDINGS))
        if os.path.lexists(path):
            continue
        if depth < 3 and rng.random() < 0.2:
            os.mkdir(path)
            fill(path, rng, depth=depth + 1)
            if rng.random() < 0.2:
                os.chmod(path, rng.choice([0, 0o400, 0o100]))
        else:
            rng.choice(MAKERS)(path, rng)


def n_entries(folder: bytes) -> int:
    """Return the number of entries that are no folders, and of folders that cannot be opened."""
    n = 0
    try:
        names = [name for name in os.listdir(folder) if not name.startswith(b".")]
    except OSError:
        return 1
    for name in names:
        path = os.path.join(folder, name)
        try:
            is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
        except OSError:
            is_folder = False
        n += n_entries(path) if is_folder else 1
    return n


def open_again(folder: bytes) -> None:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not os.path.islink(path) and os.path.isdir(path):
            os.chmod(path, 0o700)
            open_again(path)


def check_whole(corpus: Corpus, n: int) -> None:
    """Check that everything is told of, and that whatever is told of can be kept, hashed and printed."""
    assert n == len(corpus.documents) + len(corpus.left_out)
    names = [document.path for document in corpus.documents]
    assert len(names) == len(set(names))
    assert all(document.text.strip() for document in corpus.documents)
    summary = corpus.summary
    assert summary.n_left_out == sum(summary.left_out_by_reason.values()) == len(corpus.left_out)
    assert summary == summary_from(json.loads(json.dumps(asdict(summary), ensure_ascii=False).encode()))
    assert summary.line.isprintable()
    assert len(summary.line) < 1_200
    assert 64 == len(index_identity(corpus, Chunker(size=50)))
    assert all(passages_of(document, Chunker(size=50)) for document in corpus.documents)


@pytest.mark.parametrize("seed", range(40))
def test_everything_in_a_hostile_folder_is_read_or_named(
    seed: int,
    process: DocumentProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(documents, "LARGEST_FILE", 2**20)
    folder = os.fsencode(tmp_path / "docs")
    os.mkdir(folder)
    fill(folder, random.Random(seed))
    n = n_entries(folder)
    try:
        corpus = survey_corpus(tmp_path / "docs", process=process)
        is_refused = not corpus.documents or any(entry.why in REFUSED for entry in corpus.left_out)
        if is_refused:
            message = r"(has no text|that cannot be read): .* Next: "
            with pytest.raises(ConfigurationError, match=message) as error:
                read_corpus(tmp_path / "docs", process=process)
            str(error.value).encode()
        else:
            assert corpus == read_corpus(tmp_path / "docs", process=process)
    finally:
        open_again(folder)

    check_whole(corpus, n)
    assert ("", "") == capfd.readouterr()


def test_all_reasons_have_an_example(process: DocumentProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random folders test something: over all of them each reason occurs, but for those that root, or a
    machine that is never slow, does not meet."""
    monkeypatch.setattr(documents, "LARGEST_FILE", 2**20)
    reasons: set[WhyLeftOut] = set()
    for seed in range(12):
        folder = tmp_path / str(seed)
        folder.mkdir()
        fill(os.fsencode(folder), random.Random(seed))
        (folder / "whole.txt").write_text("Spiders have 8 legs.")
        (folder / "locked.pdf").write_bytes(pdf(password="key"))
        reasons |= {entry.why for entry in survey_corpus(folder, process=process).left_out}
        open_again(os.fsencode(folder))

    assert set(WhyLeftOut) - {WhyLeftOut.UNREADABLE, WhyLeftOut.TOO_SLOW} <= reasons


AS_NOBODY = """
import codecs, os, sys
codecs.lookup("utf-8-sig")  # while it may be: the interpreter's own folder may be closed to nobody
from pathlib import Path
from evaluation.retrieval.documents import read_corpus, survey_corpus
from evaluation.retrieval.document_process import DocumentProcess
from evaluation.errors import ConfigurationError
folder = Path(sys.argv[1])
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
corpus = survey_corpus(folder, process=DocumentProcess())
print([(entry.path, entry.reason) for entry in corpus.left_out], [document.path for document in corpus.documents])
try:
    read_corpus(folder / "closed")
except ConfigurationError as error:
    print(error)
"""


@pytest.fixture
def docs() -> Iterator[Path]:
    """A folder that other users reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "docs").mkdir()
        yield Path(folder) / "docs"
        open_again(os.fsencode(folder))


def test_what_may_not_be_opened_is_named(docs: Path) -> None:
    for name in ("a.txt", "secret.txt", "closed/b.txt", "listed/c.txt"):
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_text("Spiders have 8 legs.")
    (docs / "secret.txt").chmod(0)
    (docs / "listed").chmod(0o444)
    (docs / "closed").chmod(0)

    ended = subprocess.run([sys.executable, "-c", AS_NOBODY, str(docs)], capture_output=True, text=True, check=False)

    assert "" == ended.stderr
    denied = "Permission denied"
    told = [("closed/", denied), ("listed/c.txt", denied), ("secret.txt", denied)]
    first, second = ended.stdout.splitlines()[:2]
    assert f"{told} ['a.txt']" == first
    assert "1 document that cannot be read: ./ (Permission denied)" in second


def test_a_file_that_goes_or_becomes_a_pipe_while_the_corpus_is_read_is_left_out(
    process: DocumentProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (tmp_path / name).write_text("Spiders have 8 legs.")
    whole = documents.read_document

    def read_document(file: Path, name: str, process: DocumentProcess) -> documents.Document | LeftOut:
        if name == "a.txt":
            (tmp_path / "b.txt").unlink()
            (tmp_path / "c.txt").unlink()
            os.mkfifo(tmp_path / "c.txt")
            (tmp_path / "d.txt").unlink()
            (tmp_path / "d.txt").mkdir()
        return whole(file, name, process)

    monkeypatch.setattr(documents, "read_document", read_document)

    corpus = survey_corpus(tmp_path, process=process)

    assert ["a.txt"] == [document.path for document in corpus.documents]
    assert [("b.txt", "no such file"), ("c.txt", "no regular file any more"), ("d.txt", "it is a folder")] == [
        (entry.path, entry.reason) for entry in corpus.left_out
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/dev/zero", "is a pipe or a device"),
        ("/dev/null", "is a pipe or a device"),
        ("nothing\0.txt", "cannot read the corpus"),
        ("x" * 300, "cannot read the corpus"),
        ("loop", "cannot read the corpus"),
        ("pipe.txt", "is a pipe or a device"),
        ("file.txt/more", "cannot read the corpus"),
        ("caf\udce9", "no such corpus"),
    ],
)
def test_a_path_that_is_no_corpus_is_named(path: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file.txt").write_text("Spiders have 8 legs.")
    os.mkfifo(tmp_path / "pipe.txt")

    with pytest.raises(ConfigurationError, match=message) as error:
        read_corpus(tmp_path / path)

    str(error.value).encode()


def test_two_names_that_read_alike_are_one_document_and_one_left_out(process: DocumentProcess, tmp_path: Path) -> None:
    for name in (b"caf\xe9.txt", b"caf\\xe9.txt"):
        (tmp_path / os.fsdecode(name)).write_text("Spiders have 8 legs.")

    corpus = survey_corpus(tmp_path, process=process)

    assert (
        [r"caf\xe9.txt"]
        == [document.path for document in corpus.documents]
        == [entry.path for entry in corpus.left_out]
    )


def test_too_many_files_are_refused_whatever_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_files, "MOST_FILES", 3)
    for number in range(4):
        (tmp_path / f"{number}.png").write_text("x")

    with pytest.raises(ConfigurationError, match="more than the 3 files"):
        read_corpus(tmp_path)
