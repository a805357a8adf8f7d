"""Documents that keep a library busy, or fill memory, end with an error that names them, and leave nothing behind."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import pytest

from evaluation.errors import ConfigurationError
from evaluation.retrieval.document_process import DocumentProcess, ReadingEndedError
from evaluation.retrieval.documents import read_corpus, survey_corpus
from evaluation.retrieval.left_out import WhyLeftOut
from evaluation.retrieval.unreadable_document import UnreadableDocumentError

TABLE = b"name,legs\nspider,8\n"


def pdf_without_end(*, depth: int = 15) -> bytes:
    """Return a small PDF whose 2 ** depth pages are one and the same, which takes long."""
    content = b"BT /F 9 Tf (legs) Tj ET " * 10_000
    font = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    page = b"<</Type/Page/MediaBox[0 0 9 9]/Resources%s/Contents %d 0 R>>" % (font, depth + 4)
    nodes = [b"<</Type/Pages/Count 2/Kids[%d 0 R %d 0 R]>>" % (number, number) for number in range(3, depth + 3)]
    stream = b"<</Length %d>>stream\n%s\nendstream " % (len(content), content)
    parts, places = [b"%PDF-1.4\n"], []
    for number, part in enumerate([b"<</Type/Catalog/Pages 2 0 R>>", *nodes, page, stream], 1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj%sendobj\n" % (number, part))
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    n = len(places) + 1
    return b"".join(parts) + end % (n, table, n, sum(map(len, parts)))


def word_that_unpacks_to(n_bytes: int) -> bytes:
    whole, made = io.BytesIO(), io.BytesIO()
    docx.Document().save(whole)
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            part = parts.read(name)
            if name == "word/document.xml":
                part = part.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * (n_bytes // 6))
            archive.writestr(name, part)
    return made.getvalue()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentProcess]:
    monkeypatch.setenv("BENCHWRIGHT_DOCUMENT_TIMEOUT_S", "0.5")
    with DocumentProcess() as process:
        yield process


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentProcess]:
    monkeypatch.setenv("BENCHWRIGHT_DOCUMENT_MEMORY_MIB", "96")
    with DocumentProcess() as process:
        yield process


def test_a_document_that_takes_too_long_refuses_the_corpus_by_name_with_the_setting(
    short: DocumentProcess, tmp_path: Path
) -> None:
    (tmp_path / "long.pdf").write_bytes(pdf_without_end())
    (tmp_path / "whole.txt").write_text("Spiders have 8 legs.")

    with pytest.raises(ConfigurationError) as error:
        read_corpus(tmp_path, process=short)

    assert "long.pdf (not read within 0.5 s, BENCHWRIGHT_DOCUMENT_TIMEOUT_S)" in str(error.value)
    assert "Or raise BENCHWRIGHT_DOCUMENT_TIMEOUT_S." in str(error.value)


def test_after_three_that_took_too_long_no_other_is_tried(short: DocumentProcess, tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.csv"):
        (tmp_path / name).write_bytes(pdf_without_end() if name.endswith("pdf") else TABLE)
    (tmp_path / "whole.txt").write_text("Spiders have 8 legs.")

    corpus = survey_corpus(tmp_path, process=short)

    assert ["whole.txt"] == [document.path for document in corpus.documents]
    assert {WhyLeftOut.TOO_SLOW} == {entry.why for entry in corpus.left_out}
    late = "not read within 0.5 s, BENCHWRIGHT_DOCUMENT_TIMEOUT_S"
    assert [late] * 3 + ["not tried after 3 documents that took too long"] * 2 == [
        entry.reason for entry in corpus.left_out
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux alone")
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"a,b\n" + b"1,2\n" * 4_000_000), ("a.html", b"<p>x" * 8_000_000), ("a.docx", None)],
)
def test_a_document_that_takes_too_much_memory_is_named_with_the_setting_and_the_next_one_is_read(
    name: str, content: bytes | None, small: DocumentProcess, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(word_that_unpacks_to(60_000_000) if content is None else content)
    (tmp_path / "z.csv").write_bytes(TABLE)

    with pytest.raises(ConfigurationError) as error:
        read_corpus(tmp_path, process=small)

    assert f"1 document that cannot be read: {name} (" in str(error.value)
    assert "takes more than 96 MiB of memory, BENCHWRIGHT_DOCUMENT_MEMORY_MIB)" in str(error.value)
    assert "Or raise BENCHWRIGHT_DOCUMENT_MEMORY_MIB." in str(error.value)


def test_a_document_on_which_the_process_dies_is_damaged_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with DocumentProcess() as process:
        assert "name: spider\nlegs: 8" == process.text_of(".csv", TABLE)[0]
        child = process._started()
        monkeypatch.setattr(child, "exchanged", lambda *_: child.kill() or (_ for _ in ()).throw(EOFError))

        with pytest.raises(UnreadableDocumentError, match=r"damaged: its reader exited \(by signal 9\)"):
            process.text_of(".csv", TABLE)

        assert "name: spider\nlegs: 8" == process.text_of(".csv", TABLE)[0]


def test_plain_text_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.retrieval.document_process.ChildProcess", None)
    (tmp_path / "a.txt").write_text("Spiders have 8 legs.")
    (tmp_path / "b.md").write_text("# Insects have 6.")

    assert 2 == len(read_corpus(tmp_path).documents)


def test_closing_it_from_another_thread_stops_the_document_that_is_read() -> None:
    with DocumentProcess() as process:
        process.text_of(".csv", TABLE)
        timer = threading.Timer(0.2, process.close)
        timer.start()

        with pytest.raises(ReadingEndedError):
            process.text_of(".pdf", pdf_without_end())
        with pytest.raises(ReadingEndedError):
            process.text_of(".csv", TABLE)


READING = """
import sys
from pathlib import Path
from evaluation.retrieval.documents import read_corpus
print("reading", flush=True)
read_corpus(Path(sys.argv[1]))
"""
RESOLVING = """
import asyncio, sys
from evaluation.resolution.pipelines import _corpus
class Searching:
    corpus_path = sys.argv[1]
print("reading", flush=True)
asyncio.run(_corpus(Searching(), {}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("code", [READING, RESOLVING])
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_kill_leave_no_process_behind(code: str, signal_number: int, tmp_path: Path) -> None:
    (tmp_path / "long.pdf").write_bytes(pdf_without_end())
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_until(lambda: _is_reading(_children(parent.pid)))
        (child,) = _children(parent.pid)
        parent.send_signal(signal_number)
        _, errors = parent.communicate(timeout=60)
    finally:
        parent.kill()
        parent.communicate()

    _wait_until(lambda: not Path(f"/proc/{child}").exists() or _state(child) == "Z")
    assert parent.returncode == -signal_number
    assert "never retrieved" not in errors


def _children(pid: int) -> list[int]:
    children: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        children += map(int, (thread / "children").read_text().split())
    return children


def _is_reading(children: list[int]) -> bool:
    """Check that a child has used time after its start, so that it is at work on the document."""
    if not children:
        return False
    fields = Path(f"/proc/{children[0]}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK") > 0.6


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
