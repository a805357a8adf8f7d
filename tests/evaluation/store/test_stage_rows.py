"""Are stages of pipelines stored once, and read back as they were?"""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from evaluation.errors import FailureKind
from evaluation.generation import Generation, Timing
from evaluation.passage import Passage
from evaluation.pipelines.stages import ModelReply, Passages, StageReply, TokenCounts, Vectors
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages, load_stages
from evaluation.store.tables import passage as passage_table
from evaluation.store.writer import OutcomeWriter
from tests.support.stored_stages import make_stage

FOUND = (
    Passage(
        document="guide.pdf", position=3, page=2, last_page=3, text="Spiders have eight legs.\x00\ud83d", relevance=0.75
    ),
    Passage(document="b.md", position=0, text="Flies have six.", relevance=0.5),
)
OF_NO_CHAT = Generation(answer="", text="", timing=Timing(total_s=0.25))


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("embed", Vectors(values=((0.5, -1.25, 3.0), (0.1, 0.2, 0.3)))),
        ("count", TokenCounts(values=(3, 0, 2**40))),
        ("count", TokenCounts(values=None)),
        ("search", Passages(passages=FOUND)),
        ("search", Passages(passages=())),
    ],
)
def test_a_stage_comes_back_as_it_went_in(store: Store, run_candidate_id: int, kind: str, reply: StageReply) -> None:
    if isinstance(reply, Vectors):  # as an embedder's reply is rounded before it is used
        reply = Vectors(values=((0.5, -1.25, 3.0), (0.125, 0.25, 0.375)))
    row = make_stage(run_candidate_id, kind=kind, reply=reply, generation=OF_NO_CHAT)
    with store.write() as connection:
        insert_stages(connection, [row])

    assert {("case-0", 0): (row,)} == load_stages(store, run_candidate_id, ["case-0", "case-1"])


def test_a_chat_comes_back_with_its_failure_and_its_probability(store: Store, run_candidate_id: int) -> None:
    plain = make_stage(run_candidate_id)
    own = Generation(text="<think>", answer="", thinking="hm \x00", own_failure=FailureKind.EMPTY_ANSWER, message="no")
    failed = make_stage(run_candidate_id, "b", position=1, generation=own, reply=ModelReply(generation=own))
    measured = replace(plain.generation, mean_logprob=-0.25)
    reply = ModelReply(generation=measured, mean_logprob=-0.25)
    sure = replace(plain, reply=reply, generation=measured, position=2, name="c")
    with store.write() as connection:
        insert_stages(connection, [plain, failed, sure])

    assert {("case-0", 0): (plain, failed, sure)} == load_stages(store, run_candidate_id, ["case-0"])


def test_a_passage_of_an_earlier_version_stays_as_it_was_beside_the_one_that_knows_its_last_page(
    store: Store, run_candidate_id: int
) -> None:
    earlier = Passage(document="guide.pdf", position=3, page=2, text="Spiders have eight legs.")
    later = replace(earlier, last_page=3)
    rows = tuple(
        make_stage(run_candidate_id, name, kind="search", generation=OF_NO_CHAT, reply=Passages(passages=(passage,)))
        for name, passage in (("search 1", earlier), ("search 2", later))
    )
    with store.write() as connection:
        insert_stages(connection, rows)
        hashes = set(connection.execute(sa.select(passage_table.c.hash)).scalars())

    assert {("case-0", 0): rows} == load_stages(store, run_candidate_id, ["case-0"])
    assert 2 == len(hashes)
    assert "5534e459005b53475bdff03b259054ecb25c8a5fa2ee8cce62cca91120f2354c" in hashes  # as it always was


def test_a_stored_stage_stays_where_it_is_stored_again(store: Store, run_candidate_id: int) -> None:
    first = make_stage(run_candidate_id)
    other = Generation(answer="other", text="other")
    second = make_stage(run_candidate_id, reply=ModelReply(generation=other), generation=other)
    for row in (first, second):
        with store.write() as connection:
            insert_stages(connection, [row])

    assert {("case-0", 0): (first,)} == load_stages(store, run_candidate_id, ["case-0"])


def test_the_writer_stores_stages_and_names_one_that_cannot_be_stored(store: Store, run_candidate_id: int) -> None:
    bad = Generation(answer="", text="", prompt_tokens=10**30)
    with OutcomeWriter(store) as writer:
        stored = writer.submit(make_stage(run_candidate_id))
        refused = writer.submit(make_stage(run_candidate_id, "huge", reply=ModelReply(generation=bad), generation=bad))
        stored.result(timeout=30)
        with pytest.raises(Exception, match="stage 'huge' of case 'case-0', repeat 1: prompt_tokens"):
            refused.result(timeout=30)
    assert 1 == len(load_stages(store, run_candidate_id, ["case-0"])["case-0", 0])
