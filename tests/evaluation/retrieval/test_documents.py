"""Documents of every kind are read as text; those that cannot be read are named with the reason."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from evaluation.errors import ConfigurationError
from evaluation.retrieval import documents, readers
from evaluation.retrieval.document_process import DocumentProcess
from evaluation.retrieval.documents import Corpus, Document, read_corpus, read_document, survey_corpus
from evaluation.retrieval.passages import Chunker, index_identity, passages_of
from evaluation.retrieval.unreadable_document import UnreadableDocumentError


@pytest.fixture(scope="module")
def process() -> Iterator[DocumentProcess]:
    with DocumentProcess() as process:
        yield process


def pdf(*pages: str, password: str = "") -> bytes:
    """Return a PDF with a line of text on each page."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(width=300, height=300)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def word_document() -> bytes:
    document = docx.Document()
    document.add_heading("Legs", level=2)
    document.add_paragraph("Spiders have 8 legs.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Insects", "6"
    document.add_paragraph("That is all.")
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


PAGE = b"""<html><head><title>No</title><style>p {}</style></head><body><h1>Legs</h1>
<p>Spiders have <b>8</b>
legs.</p><script>alert("no")</script><ul><li>one<li>two</ul><!-- no --><p>a<br>b &lt;c&gt;</p></body></html>"""
DOCUMENTS = {
    "a.txt": (b"Spiders have 8 legs.", "Spiders have 8 legs."),
    "b.md": ("# Füße".encode("utf-8-sig"), "# Füße"),
    "c.txt": ("Füße".encode("utf-16"), "Füße"),
    "d.html": (PAGE, "Legs\n\nSpiders have 8 legs.\n\none\n\ntwo\n\na b <c>"),
    "e.csv": (b"name;legs\nspider;8\nsnake;\n", "name: spider\nlegs: 8\n\nname: snake"),
    "f.docx": (word_document(), "## Legs\n\nSpiders have 8 legs.\n\nInsects | 6\n\nThat is all."),
    "g.PDF": (pdf("Spiders have 8 legs.", "Insects have 6."), "Spiders have 8 legs.\n\nInsects have 6."),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_as_what_it_shows(name: str, process: DocumentProcess, tmp_path: Path) -> None:
    content, text = DOCUMENTS[name]
    (tmp_path / name).write_bytes(content)

    assert read_document(tmp_path / name, name, process).text == text


def test_a_folder_is_read_in_the_order_of_names_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/z.txt", "b/a.md", "a.txt", ".git/x.txt", "b/picture.png", ".hidden.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"text of {name}")

    corpus = read_corpus(tmp_path)

    assert [document.path for document in corpus.documents] == ["a.txt", "b/a.md", "b/z.txt"]
    assert ["b/picture.png"] == [entry.path for entry in corpus.left_out]
    assert corpus.summary.line.endswith(": 3 documents read; 1 left out: b/picture.png (.png is not read)")


def test_one_file_is_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Spiders have 8 legs.")

    (document,) = read_corpus(tmp_path / "a.txt").documents

    assert document.path == "a.txt"


def damaged_docx() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "why", "reason"),
    [
        ("a.txt", b"caf\xe9", "not_utf_8", "byte 3 is not utf-8"),
        ("a.txt", b"", "no_text", "no text"),
        ("a.pdf", b"%PDF-1.4\nnothing", "damaged", "damaged: "),
        ("a.pdf", b"", "no_text", "no text"),
        ("a.pdf", pdf(""), "no_text", "no text: a scan?"),
        ("a.pdf", pdf("secret", password="key"), "encrypted", "encrypted, and needs a password"),
        ("a.docx", b"PK\x03\x04", "damaged", "damaged: "),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1", "encrypted", "encrypted, or of an older format"),
        ("a.docx", damaged_docx(), "damaged", "damaged: "),
        ("a.html", b"<html><body><script>x</script></body></html>", "no_text", "no text"),
        ("a.csv", b"name,legs\n" + b"x" * 200_000 + b",8\n", "damaged", "no CSV: "),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_and_one_without_text_left_out_with_the_reason(
    name: str,
    content: bytes,
    why: str,
    reason: str,
    process: DocumentProcess,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError) as error:
        read_corpus(tmp_path, process=process)
    assert f"{name} ({reason}" in str(error.value)
    (tmp_path / "other.txt").write_text("Spiders have 8 legs.")

    if why != "no_text":
        with pytest.raises(ConfigurationError, match="1 document that cannot be read") as error:
            read_corpus(tmp_path, process=process)
        assert f"{name} ({reason}" in str(error.value)
    corpus = survey_corpus(tmp_path, process=process)

    assert [(name, why)] == [(entry.path, entry.why) for entry in corpus.left_out]
    assert reason in corpus.left_out[0].reason
    assert ["other.txt"] == [document.path for document in corpus.documents]
    assert ("", "") == capfd.readouterr()


def test_a_csv_with_null_characters_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"name,legs\nspi\0der,8\n")

    (document,) = read_corpus(tmp_path).documents

    assert "name: spi\0der\nlegs: 8" == document.text


def test_a_document_that_unpacks_to_too_much_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LARGEST_UNPACKED", 2**20)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 2**21)

    with pytest.raises(UnreadableDocumentError, match="it unpacks to more than 1 MiB"):
        readers.read_docx(content.getvalue())


def test_a_corpus_with_too_much_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_CHARACTERS", 40)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Spiders have 8 legs.")
    assert 40 == sum(len(document.text) for document in read_corpus(tmp_path).documents)
    (tmp_path / "c.txt").write_text("x")

    with pytest.raises(ConfigurationError, match=r"more than the 40 characters .* 2 of its 3 documents have fewer"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({}, "", "has no text: it is empty"),
        ({".a.txt": "x"}, "", "has no text: it is empty"),
        ({"a.png": "x"}, "", r"0 documents read; 1 left out: a.png \(.png is not read\)"),
        ({"a.txt": "  \n"}, "", r"0 documents read; 1 left out: a.txt \(no text\)"),
        ({"a.txt": "  \n"}, "a.txt", r"0 documents read; 1 left out: a.txt \(no text\)"),
        ({"a.png": "x"}, "a.png", "is no document of a kind that is read"),
        ({}, "nothing", "no such corpus"),
    ],
)
def test_a_corpus_without_text_is_refused(files: dict[str, str], path: str, message: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(ConfigurationError, match=message):
        read_corpus(tmp_path / path)


def test_passages_know_their_document_position_and_page(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("Spiders have 8 legs.", "Insects have 6.", "Snakes have none."))
    (document,) = read_corpus(tmp_path).documents

    passages = passages_of(document, Chunker(size=4))

    assert [(p.passage_id, p.page, p.text) for p in passages] == [
        ("a.pdf#0", 1, "Spiders have 8 legs."),
        ("a.pdf#1", 2, "Insects have 6."),
        ("a.pdf#2", 3, "Snakes have none."),
    ]
    assert [1, 2, 3] == [passage.last_page for passage in passages]
    assert len(PdfReader(tmp_path / "a.pdf").pages) == 3


def test_passages_that_span_pages_know_the_last_one(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("Spiders have 8 legs.", "Insects have 6.", "", "Snakes have none."))
    (tmp_path / "b.txt").write_text("Birds have 2.")
    paged, plain = read_corpus(tmp_path).documents

    def pages(document: Document, size: int) -> list[tuple[int | None, int | None]]:
        return [(each.page, each.last_page) for each in passages_of(document, Chunker(size=size))]

    assert [(1, 4)] == pages(paged, 20)
    assert [(1, 2), (4, 4)] == pages(paged, 8)
    assert [(None, None)] == pages(plain, 20)


def test_blanks_at_the_end_of_a_passage_belong_to_no_page() -> None:
    first, second = "Spiders have 8 legs.", "   \n Insects have 6."
    document = Document(path="a.pdf", text=f"{first}\n\n{second}", digest="d", page_starts=(0, len(first) + 2))

    assert [(1, 1), (2, 2)] == [(each.page, each.last_page) for each in passages_of(document, Chunker(size=4))]


def test_an_index_of_earlier_versions_keeps_its_identity() -> None:
    document = Document(path="a.pdf", text="Spiders have 8 legs.", digest="d" * 64, page_starts=(0,))
    corpus = Corpus(name="c", documents=(document,))

    identity = index_identity(corpus, Chunker(size=10, overlap=2), embedder="vectors", digest="digest")

    assert "7872cfdf45d05e1ee1f66effd3b93cb175a8256aa6c2fc88eea88d83c140e8f5" == identity


def test_the_version_of_an_index_tells_what_it_was_made_of(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Spiders have 8 legs.")
    (tmp_path / "b.txt").write_text("Insects have 6.")
    corpus, chunker = read_corpus(tmp_path), Chunker(size=10, overlap=2)
    versions = {
        index_identity(corpus, chunker, embedder="vectors", digest="digest"),
        index_identity(corpus, chunker, embedder="vectors", digest="other"),
        index_identity(corpus, chunker, embedder="others", digest="digest"),
        index_identity(corpus, Chunker(size=10, overlap=3), embedder="vectors", digest="digest"),
    }
    (tmp_path / "b.txt").write_text("Insects have 7.")
    versions.add(index_identity(read_corpus(tmp_path), chunker, embedder="vectors", digest="digest"))

    assert len(versions) == 5
    (tmp_path / "b.txt").write_text("Insects have 6.")
    assert index_identity(read_corpus(tmp_path), chunker, embedder="vectors", digest="digest") in versions
