"""What each pipeline asks, and what it makes of the replies."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from scripted_pipeline import BENCHMARK, CASE, ScriptedModel, given

from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.passage import Passage
from evaluation.pipelines.best_of import BestOf, read_choice
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.chain_of_thought import ChainOfThought, split_answer
from evaluation.pipelines.few_shot import FewShot
from evaluation.pipelines.map_reduce import MapReduce
from evaluation.pipelines.pipeline import filled
from evaluation.pipelines.refine import Refine, is_satisfied
from evaluation.pipelines.refusals import is_refusal
from evaluation.pipelines.retrieval import Retrieval, citations, read_order
from evaluation.pipelines.sectioned import Section, Sectioned, sections_in
from evaluation.pipelines.self_consistency import SelfConsistency
from evaluation.pipelines.stages import AskModel
from evaluation.pipelines.vote_confidence import chance_of_agreement

NUMERIC = Benchmark(name="legs", task_type="reasoning", cases=(), headline="numeric_match")
EXAMPLES = tuple(Case(case_id=f"e{i}", prompt=f"{i} + 1?", references=(str(i + 1),)) for i in range(6))


def in_turn(*answers: str | FailureKind) -> ScriptedModel:
    left = iter(answers)
    return ScriptedModel(answer=lambda request: next(left))


def test_few_shot_shows_answered_examples_but_never_the_case() -> None:
    twin = Case(case_id="other id", prompt=CASE.prompt, references=("9",))
    task = given(examples=(CASE, twin, *EXAMPLES))
    model = ScriptedModel()

    model.run(FewShot(k=6), task)

    (request,) = model.asked
    assert isinstance(request, AskModel)
    assert [turn.role for turn in request.messages] == ["user", "assistant"] * 6 + ["user"]
    assert request.messages[-1] == given().messages[-1]
    shown = dict(
        zip([t.content for t in request.messages[:-1:2]], [t.content for t in request.messages[1::2]], strict=True)
    )
    assert shown == {case.prompt: case.references[0] for case in EXAMPLES}
    assert FewShot(k=7).problem(task) == "has 6 answered cases beside it to show, not 7"
    assert FewShot(k=7).remedy(task) == "Give k=6 or less, or a benchmark with more answered cases"


def test_few_shot_draws_the_same_examples_for_a_case_and_others_by_seed() -> None:
    def shown(seed: int) -> list[str]:
        model = ScriptedModel()
        model.run(FewShot(k=2, examples_seed=seed), given(examples=EXAMPLES))
        (request,) = model.asked
        assert isinstance(request, AskModel)
        return [turn.content for turn in request.messages]

    assert shown(0) == shown(0)
    assert len({tuple(shown(seed)) for seed in range(8)}) > 1


def test_few_shot_shows_only_examples_of_a_tag() -> None:
    tagged = Case(case_id="t", prompt="Tagged?", references=("yes",), tags=("train",))
    model = ScriptedModel()

    model.run(FewShot(k=1, tag="train"), given(examples=(*EXAMPLES, tagged)))

    (request,) = model.asked
    assert isinstance(request, AskModel)
    assert request.messages[0].content == "Tagged?"
    assert (
        FewShot(k=1, tag="dev").problem(given(examples=EXAMPLES)) == "has 0 answered cases tagged 'dev' to show, not 1"
    )
    assert FewShot(k=1, tag="dev").remedy(given(examples=(*EXAMPLES, tagged))) == (
        "Give another tag (train), or a benchmark with more answered cases"
    )


def test_few_shot_keeps_the_system_text_first() -> None:
    benchmark = Benchmark(name="b", task_type="reasoning", cases=(), prompt=PromptTemplate(system="Be brief."))
    model = ScriptedModel()

    model.run(FewShot(k=1), given(benchmark=benchmark, examples=EXAMPLES))

    (request,) = model.asked
    assert isinstance(request, AskModel)
    assert [turn.role for turn in request.messages] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Spiders are arachnids.\nAnswer: 8", "8"),
        ("Answer: 6? No, that is insects.\n\n**Final answer:** 8", "8"),
        ("**Answer: 8**", "8"),
        ("- answer: 8 legs", "8 legs"),
        ("The answer is 8.", ""),
        ("Answer:", ""),
    ],
)
def test_the_answer_is_read_behind_its_last_mark(text: str, answer: str) -> None:
    assert split_answer(text)[1] == answer


def test_chain_of_thought_keeps_the_reasoning_out_of_the_answer() -> None:
    result = in_turn("Spiders are arachnids.\nAnswer: 8").run(ChainOfThought())

    assert (result.answer, result.reasoning) == ("8", "Spiders are arachnids.")


def test_chain_of_thought_asks_for_an_answer_that_is_not_marked() -> None:
    model = in_turn("Arachnids have 8.", "8")

    result = model.run(ChainOfThought())

    assert model.rounds == [["reasoning"], ["answer"]]
    assert (result.answer, result.reasoning) == ("8", "Arachnids have 8.")
    request = model.asked[1]
    assert isinstance(request, AskModel)
    assert Message(role="assistant", content="Arachnids have 8.") in request.messages


def test_self_consistency_takes_the_answer_of_most_samples_and_says_how_sure_it_is() -> None:
    model = in_turn("It has 6.", "8 legs", "The answer is 8.", FailureKind.EMPTY_ANSWER, "8.0")

    result = model.run(SelfConsistency(n=5), given(benchmark=NUMERIC))

    assert result.answer == "8 legs"
    assert result.confidence == chance_of_agreement([3, 1, 1])
    assert result.notes == {"samples": 5, "read": 4, "share": 3 / 5, "shares": {"6": 1 / 5, "8": 3 / 5}}
    assert model.rounds == [[f"sample {i}" for i in range(1, 6)]]
    assert all(isinstance(r, AskModel) and r.options == {"temperature": 0.7} for r in model.asked)


def test_self_consistency_counts_options_by_what_they_choose() -> None:
    case = Case(case_id="c", prompt="Capital?", references=("B",), choices=("Rome", "Paris", "Bern"))
    benchmark = Benchmark(name="b", task_type="question_answering", cases=(), headline="multiple_choice")

    result = in_turn("A", "Paris", "The answer is B.").run(SelfConsistency(n=3), given(case, benchmark))

    assert (result.answer, result.confidence) == ("Paris", chance_of_agreement([2, 1]))


def test_self_consistency_of_long_texts_has_no_confidence() -> None:
    long = " ".join(f"word{i}" for i in range(30))

    result = in_turn(long, long, "other " + long).run(SelfConsistency(n=3))

    assert (result.answer, result.confidence) == (long, None)


def test_self_consistency_fails_where_no_sample_answers() -> None:
    result = in_turn(*[FailureKind.REPEATED_ITSELF] * 3).run(SelfConsistency(n=3))

    assert result.failure is FailureKind.REPEATED_ITSELF
    assert "no sample gave an answer" in (result.message or "")


def test_best_of_answers_with_the_sample_that_the_judge_prefers() -> None:
    model = in_turn("one", "two", "three", '{"best": 2}')

    result = model.run(BestOf(n=3, judge="judge:7b"))

    assert result.answer == "two"
    request = model.asked[-1]
    assert isinstance(request, AskModel)
    assert request.model == "judge:7b"
    assert "[Answer 3]\nthree" in request.messages[0].content


def test_best_of_asks_no_judge_about_equal_samples() -> None:
    model = in_turn("same", "same")

    assert model.run(BestOf(n=2)).answer == "same"
    assert model.rounds == [["sample 1", "sample 2"]]


def test_best_of_takes_the_first_sample_where_the_choice_cannot_be_read() -> None:
    result = in_turn("one", "two", "Both 1 and 2 are good.").run(BestOf(n=2))

    assert result.answer == "one"
    assert result.notes["choice_read"] is False


def test_best_of_takes_the_sample_that_the_metric_measures_highest() -> None:
    model = in_turn("a", "a b c", "a b")

    assert model.run(BestOf(n=3, metric="word_count")).answer == "a b c"
    assert len(model.asked) == 3


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ('{"best": 2}', 2),
        ("2", 2),
        ("Answer 3 is best.", 3),
        ('{"best": 9}', None),
        ('{"best": true}', None),
        ("1 or 2", None),
        ("", None),
    ],
)
def test_a_choice_is_read_from_json_or_as_the_only_number(text: str, choice: int | None) -> None:
    assert read_choice(text, 3) == choice


def test_refine_revises_until_the_critique_finds_nothing() -> None:
    model = in_turn("draft", "Too short.", "longer draft", "No changes.", "never asked")

    result = model.run(Refine(rounds=3))

    assert result.answer == "longer draft"
    assert model.rounds == [["draft"], ["critique 1"], ["revision 1"], ["critique 2"]]
    assert result.notes == {"revisions": 1}


@pytest.mark.parametrize(("critique", "satisfied"), [("**NO CHANGES**", True), ("No changes but one: …", False)])
def test_a_satisfied_critique_says_nothing_else(critique: str, satisfied: bool) -> None:
    assert is_satisfied(critique) is satisfied


def document_task(n_sentences: int, num_ctx: int = 4096) -> tuple[Case, Benchmark, dict[str, int]]:
    text = " ".join(f"Sentence number {i} stands here." for i in range(n_sentences))
    case = Case(case_id="d", prompt="What is it about?", context=(text,))
    prompt = PromptTemplate(template="Document:\n{context}\n\n{prompt}")
    return case, Benchmark(name="b", task_type="summarization", cases=(), prompt=prompt), {"num_ctx": num_ctx}


def test_map_reduce_takes_notes_side_by_side_and_answers_from_them() -> None:
    case, benchmark, options = document_task(20)
    model = ScriptedModel(answer=lambda request: f"note of {request.stage}")

    result = model.run(MapReduce(chunk_size=25), given(case, benchmark, options=options))

    assert model.rounds == [["count tokens"], ["map 1", "map 2", "map 3", "map 4"], ["reduce"]]
    assert result.answer == "note of reduce"
    assert model.prompts[-1] == (
        "Document:\n" + "\n\n".join(f"note of map {i}" for i in range(1, 5)) + "\n\nWhat is it about?"
    )
    assert result.notes == {"chunks": 4, "chunk_unit": "words", "parts_without_note": 0, "levels": 1}
    for i in range(20):
        assert sum(f"number {i} stands" in prompt for prompt in model.prompts[:-1]) == 1


def test_map_reduce_counts_in_tokens_where_the_server_does() -> None:
    case, benchmark, options = document_task(20)
    model = ScriptedModel(counts_tokens=True)

    result = model.run(MapReduce(chunk_size=25), given(case, benchmark, options=options))

    assert result.notes["chunk_unit"] == "tokens"
    assert result.notes["chunks"] == 10


def test_map_reduce_combines_notes_that_do_not_fit_level_by_level() -> None:
    case, benchmark, options = document_task(64, num_ctx=400)
    model = ScriptedModel(answer=lambda request: "word " * (30 if request.stage != "reduce" else 3))

    result = model.run(MapReduce(chunk_size=20, note_tokens=60), given(case, benchmark, options=options))

    assert result.notes["levels"] > 2
    assert model.rounds[-1] == ["reduce"]
    assert any(stage.startswith("combine 1.") for stage in model.rounds[2])


def test_map_reduce_fails_where_notes_never_fit() -> None:
    case, benchmark, options = document_task(64, num_ctx=300)
    model = ScriptedModel(answer=lambda request: "word " * 500)

    result = model.run(MapReduce(chunk_size=20, note_tokens=60), given(case, benchmark, options=options))

    assert result.failure is FailureKind.PROMPT_TOO_LONG
    assert result.message == "stage 'reduce': the notes do not fit the context"


def test_map_reduce_of_a_short_document_is_one_request() -> None:
    case, benchmark, options = document_task(2)
    model = ScriptedModel()

    model.run(MapReduce(), given(case, benchmark, options=options))

    assert model.rounds == [["count tokens"], ["answer"]]


def test_map_reduce_says_before_it_asks_that_a_chunk_does_not_fit() -> None:
    case, benchmark, options = document_task(2, num_ctx=1024)

    problem = MapReduce(chunk_size=1024).problem(given(case, benchmark, options=options))

    assert problem == "is split into chunks of 1,024 tokens, which with notes of 256 tokens do not fit num_ctx=1024"


@pytest.mark.parametrize(
    ("num_ctx", "may_count_tokens", "fits"),
    [(1281, True, True), (1280, True, False), (1281, False, False), (1792, False, False), (1793, False, True)],
)
def test_a_chunk_is_compared_with_the_context_in_its_own_unit(num_ctx: int, may_count_tokens: bool, fits: bool) -> None:
    case, benchmark, options = document_task(2, num_ctx=num_ctx)

    problem = MapReduce(chunk_size=1024).problem(
        given(case, benchmark, options=options, may_count_tokens=may_count_tokens)
    )

    assert (problem is None) is fits
    if not fits and not may_count_tokens:
        assert "chunks of 1,024 words, about 1,536 tokens, which" in str(problem)


def test_sections_are_written_at_once_and_put_together_in_order() -> None:
    sections = (Section(name="Facts", prompt="Facts of: {document}"), Section(name="Risks", prompt="Risks."))
    model = ScriptedModel(answer=lambda request: f"text of {request.stage}")

    result = model.run(Sectioned(sections=sections))

    assert model.rounds == [["section Facts", "section Risks"]]
    assert result.answer == "## Facts\n\ntext of section Facts\n\n## Risks\n\ntext of section Risks"
    assert model.prompts == [f"Facts of: {CASE.prompt}", "Risks."]


def test_sections_one_after_the_other_see_those_before() -> None:
    sections = (Section(name="Facts", prompt="Facts."), Section(name="Risks", prompt="After\n{sections}\nrisks."))
    model = ScriptedModel(answer=lambda request: "8 legs")

    model.run(Sectioned(sections=sections, parallel=False))

    assert model.prompts == ["Facts.", "After\n## Facts\n\n8 legs\nrisks."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no list of sections"),
        ({"sections": []}, "no list of sections"),
        ({"sections": ["Facts"]}, "section 1 is no mapping"),
        ({"sections": [{"prompt": "x"}]}, "section 1 has no name"),
        ({"sections": [{"name": "a", "prompt": "x"}, {"name": "b"}]}, "section 2 has no prompt"),
        ({"sections": [{"name": "a", "prompt": "x", "colour": 1}]}, "unknown key 'colour'"),
    ],
)
def test_a_template_with_something_missing_is_refused(content: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        sections_in(content)


def test_a_template_gives_its_sections() -> None:
    assert sections_in({"sections": [{"name": "a", "prompt": "x"}]}) == (Section(name="a", prompt="x"),)


@pytest.mark.parametrize(
    ("pipeline", "answers", "stages", "answer"),
    [
        (Cascade(large="L"), ("8",), ["answer"], "8"),
        (Cascade(large="L"), ("I don’t know.", "8"), ["answer", "escalated"], "8"),
        (Cascade(large="L"), (FailureKind.EMPTY_ANSWER, "8"), ["answer", "escalated"], "8"),
        (Cascade(large="L", ask_both=True), ("8", "eight"), ["answer", "escalated"], "8"),
        (Cascade(large="L", signal="format"), ("8 legs", "8"), ["answer", "escalated"], "8"),
        (Cascade(large="L", signal="format"), ('{"legs": 8}',), ["answer"], '{"legs": 8}'),
        (Cascade(large="L", signal="format", pattern=r"\d+"), ("8",), ["answer"], "8"),
        (Cascade(large="L", signal="logprob", threshold=-0.5), ("8", "8!"), ["answer", "escalated"], "8!"),
        (Cascade(large="L", signal="agreement", n=3), ("8", "6", "8"), ["sample 1", "sample 2", "sample 3"], "8"),
    ],
)
def test_a_cascade_asks_the_larger_model_where_the_signal_is_low(
    pipeline: Cascade, answers: Sequence[str | FailureKind], stages: list[str], answer: str
) -> None:
    model = in_turn(*answers)

    result = model.run(pipeline, given(benchmark=NUMERIC))

    assert [request.stage for request in model.asked] == stages
    assert result.answer == answer
    assert result.notes["escalated"] is (stages[-1] == "escalated" and not pipeline.ask_both)
    assert ("no_signal" in result.notes) is (pipeline.signal == "logprob"), "this model tells no log-probabilities"
    assert [r.model for r in model.asked if isinstance(r, AskModel) and r.stage == "escalated"] in ([], ["L"])


@pytest.mark.parametrize(
    ("answer", "refuses"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I cannot determine the answer from the passage.", True),
        ("As an AI language model, I have no opinion.", True),
        ("The document does not say.", True),
        ("I don't have enough information.", True),
        ("It can't be determined.", True),
        ("8", False),
        ("Penguins can't fly.", False),
        ("The candle will not burn.", False),
        ("Not enough is known about him, but he was born in 1564.", False),
        ("x" * 300 + " I cannot say.", False),
    ],
)
def test_refusals_are_told_from_answers(answer: str, refuses: bool) -> None:
    assert is_refusal(answer) is refuses


PASSAGES = tuple(Passage(document="a.txt", position=i, text=f"Fact {i}.") for i in range(1, 8))


def test_retrieval_answers_from_numbered_sources_and_keeps_them() -> None:
    model = ScriptedModel(answer=lambda request: "Spiders have 8 legs [2]. Insects have 6 [1][3].", passages=PASSAGES)

    result = model.run(Retrieval(corpus="docs", embedder="embed", top_k=3))

    assert model.rounds == [["embed question"], ["search"], ["answer"]]
    assert result.sources == PASSAGES[:3]
    assert "[3] Fact 3." in model.prompts[-1]
    assert "[4]" not in model.prompts[-1]
    assert result.notes["citations"] == [[2], [1, 3]]


def test_retrieval_by_words_embeds_nothing() -> None:
    model = ScriptedModel(passages=PASSAGES)

    model.run(Retrieval(corpus="docs", method="bm25", preset="fast"))

    assert model.rounds == [["search"], ["answer"]]


def test_reranking_orders_what_was_found_and_cuts_it() -> None:
    def answer(request: AskModel) -> str:
        return '{"order": [4, 1, 99, 4]}' if request.stage == "rerank" else "8"

    model = ScriptedModel(answer=answer, passages=PASSAGES)

    result = model.run(Retrieval(corpus="docs", method="bm25", top_k=2, rerank="judge"))

    assert [passage.passage_id for passage in result.sources] == ["a.txt#4", "a.txt#1"]


def test_passages_that_do_not_fit_the_prompt_of_the_reranker_stay_behind_those_that_do() -> None:
    long = tuple(replace(passage, text="word " * 200) for passage in PASSAGES)

    def answer(request: AskModel) -> str:
        return '{"order": [2, 1, 5]}' if request.stage == "rerank" else "8"

    model = ScriptedModel(answer=answer, passages=long)

    result = model.run(
        Retrieval(corpus="docs", method="bm25", top_k=4, chunk_size=200, rerank="judge"),
        given(options={"num_ctx": 1750, "num_predict": 64}),
    )

    assert "[5]" in model.prompts[0]
    assert "[6]" not in model.prompts[0]
    assert ["a.txt#2", "a.txt#1", "a.txt#5", "a.txt#3"] == [passage.passage_id for passage in result.sources]


@pytest.mark.parametrize("rerank", ["", "judge"])
def test_sources_stay_where_the_answer_fails(rerank: str) -> None:
    def answer(request: AskModel) -> str | FailureKind:
        return '{"order": [4, 1]}' if request.stage == "rerank" else FailureKind.PROMPT_TOO_LONG

    model = ScriptedModel(answer=answer, passages=PASSAGES)

    result = model.run(Retrieval(corpus="docs", method="bm25", top_k=2, rerank=rerank))

    assert (FailureKind.PROMPT_TOO_LONG, "stage 'answer': prompt too long") == (result.failure, result.message)
    assert result.sources == (PASSAGES[3:4] + PASSAGES[:1] if rerank else PASSAGES[:2])


def test_a_preset_fills_in_what_is_not_given() -> None:
    fast = Retrieval(corpus="docs", embedder="e", preset="fast")
    own = Retrieval(corpus="docs", embedder="e", preset="fast", top_k=3, min_similarity=0.0, chunk_overlap=0)

    assert (fast.chunk_size, fast.chunk_overlap, fast.top_k, fast.min_similarity) == (512, 64, 10, 0.35)
    assert (own.chunk_size, own.chunk_overlap, own.top_k, own.min_similarity) == (512, 0, 3, 0.0)
    assert fast.signature != own.signature


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ('{"order": [3, 1]}', [2, 0, 1]),
        ("[2] then [1]", [1, 0, 2]),
        ("no idea", [0, 1, 2]),
        ('{"order": 3}', [0, 1, 2]),
    ],
)
def test_an_order_is_read_and_completed(text: str, order: list[int]) -> None:
    assert read_order(text, 3) == order


@pytest.mark.parametrize(
    ("answer", "cited"),
    [
        ("A [1]. B [2, 3].", [[1], [2, 3]]),
        ("Spiders have 8 legs. [1] Insects fly.", [[1], []]),
        ("A [9].", [[]]),
        ("", []),
    ],
)
def test_citations_are_read_by_sentence(answer: str, cited: list[list[int]]) -> None:
    assert citations(answer, 3) == cited


def test_braces_in_values_are_not_filled_again() -> None:
    assert filled("{question}: {text} {other}", question="{text}", text="a") == "{text}: a {other}"
    assert BENCHMARK.prompt.template == "{prompt}"
