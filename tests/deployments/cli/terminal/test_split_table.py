"""Tables of results fit the screen also where labels of candidates are long, as rows and as titles."""

import pytest

from deployments.cli.terminal.split_table import print_split_table

LABELS = [
    "small:1b",
    "small:1b pipeline=retrieval corpus=docs embedder=nomic-embed-text chunk_size=64",
    "hf.co/someone/a-long-name-of-a-model-GGUF:Q4_K_M pipeline=cascade large=big:7b",
]


def test_long_labels_are_folded_between_words_in_rows_and_titles(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    print_split_table([{"side": label, **dict.fromkeys(LABELS, "+0.0 [-12.3, 12.3]")} for label in LABELS])

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    words = {word for line in lines for word in line.split()}
    assert {"pipeline=retrieval", "corpus=docs", "embedder=nomic-embed-text", "pipeline=cascade"} <= words


def test_a_short_title_stays_in_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    print_split_table([{"candidate": "a:1b", "tokens out": "1", "latency of an answer": "2"}])

    assert "tokens out   latency of an answer" in capsys.readouterr().out
