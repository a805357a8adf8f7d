"""Which passages are written about, in which kinds."""

import pytest

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.retrieval.documents import Corpus, Document
from evaluation.retrieval.search import Index
from evaluation.suite_writing.drafts import Kind
from evaluation.suite_writing.writing_plan import all_passages, has_table, writing_tasks

WORDS = "This passage about place {n} holds enough words to be asked about by somebody who writes."
TABLE = "| part | colour |\n| door | red |"


def index(n: int = 4, *, table: bool = True) -> Index:
    passages = [Passage(document=f"{n}.md", position=0, text=WORDS.format(n=n)) for n in range(n)]
    tables = [Passage(document="t.md", position=0, text=TABLE)] if table else []
    return Index(passages=(*passages, *tables))


def test_kinds_take_turns_and_half_of_them_are_facts() -> None:
    tasks = writing_tasks(index(), n=12, kinds=list(Kind), seed=0)

    kinds = [task.kind for task in tasks]
    assert 12 == len(tasks)
    assert {kind: kinds.count(kind) for kind in Kind} == {
        Kind.FACT: 6,
        Kind.TWO_PASSAGES: 2,
        Kind.TABLE: 2,
        Kind.UNANSWERABLE: 2,
    }
    assert all(task.passages[0].document == "t.md" for task in tasks if task.kind is Kind.TABLE)
    assert all(len({passage.document for passage in task.passages}) == len(task.passages) for task in tasks)


def test_every_passage_is_used_before_one_is_used_again() -> None:
    tasks = writing_tasks(index(5, table=False), n=10, kinds=[Kind.FACT], seed=3)

    documents = [task.passages[0].document for task in tasks]
    assert {f"{n}.md" for n in range(5)} == set(documents[:5]) == set(documents[5:])


def test_more_tasks_begin_with_the_same_ones_and_another_seed_with_others() -> None:
    few, many = (writing_tasks(index(), n=n, kinds=list(Kind), seed=1) for n in (6, 30))
    other = writing_tasks(index(), n=30, kinds=list(Kind), seed=2)

    assert few == many[:6]
    assert many != other


def test_kinds_that_the_corpus_cannot_give_are_left_out_and_named_where_nothing_is_left() -> None:
    tasks = writing_tasks(index(1, table=False), n=6, kinds=list(Kind), seed=0)
    assert {Kind.FACT, Kind.UNANSWERABLE} == {task.kind for task in tasks}

    with pytest.raises(ConfigurationError, match="nothing for questions of the kind table"):
        writing_tasks(index(3, table=False), n=6, kinds=[Kind.TABLE], seed=0)


def test_a_csv_file_is_a_table_and_a_single_line_with_a_bar_is_none() -> None:
    assert has_table(Passage(document="a.CSV", position=0, text="part: door"))
    assert not has_table(Passage(document="a.md", position=0, text="either | or"))


def test_a_corpus_of_headings_alone_is_refused() -> None:
    corpus = Corpus(name="short", documents=(Document(path="a.md", text="# Title", digest="a"),))

    with pytest.raises(ConfigurationError, match="no passage of 12 words"):
        all_passages(corpus)


@pytest.mark.parametrize("text", ["この駅は山田太郎が一九八七年に設立した。", "สถานีนี้ก่อตั้งโดยสมชายใจดี"])
def test_a_text_without_blanks_is_long_enough_to_be_asked_about(text: str) -> None:
    passages = tuple(Passage(document=f"{n}.txt", position=0, text=text) for n in range(2))
    tasks = writing_tasks(Index(passages=passages), n=2, kinds=[Kind.TWO_PASSAGES], seed=0)

    assert [{"0.txt", "1.txt"}] * 2 == [{passage.document for passage in task.passages} for task in tasks]
