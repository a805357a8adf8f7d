"""Calls that give choices and documents: asked as their candidate was measured, by the official clients, unchanged."""

from collections.abc import Iterator
from typing import Any

import httpx
import ollama
import openai
import pytest
from gateways import OLLAMA, OPENAI, Behind, candidate, gateway_over
from recommendable import N_CASES
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.case import Case, PromptTemplate
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.records.policies import Policy, TrialMode
from evaluation.resolution.resolved_candidate import signature_of
from evaluation.store.session import Store
from selection.policies.definition import create_policy
from selection.policies.trials import start_trial
from selection.preferences import Question

QUESTION: Any = [{"role": "user", "content": "Is it blue?"}]
CHOICES = ["yes", "no"]
CHOOSING = "{prompt}\n\n{choices}\n\nAnswer with a letter."
READING = "Context:\n{context}\n\nQuestion: {prompt}"
CHOOSING_ASKED = "Is it blue?\n\nA. yes\nB. no\n\nAnswer with a letter."
READING_ASKED = "Context:\nThe sky.\n\nThe sea.\n\nQuestion: Is it blue?"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(params=[OLLAMA, OPENAI])
def behind(request: pytest.FixtureRequest, store: Store) -> Iterator[Behind]:
    """The large model is the best of whatever a test measures; its server speaks either protocol."""
    with gateway_over(store, there_is_ollama=request.param == OLLAMA) as gateway:
        yield gateway


@pytest.fixture
def of_openai(behind: Behind) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{behind.url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture
def of_ollama(behind: Behind) -> Iterator[ollama.Client]:
    client = ollama.Client(host=behind.url)
    yield client
    client._client.close()


def measured(
    behind: Behind,
    task: str,
    template: str,
    chosen: Candidate | None = None,
    *,
    endpoint: str = "there",
    headline: str = "exact_match",
) -> str:
    """Stores a run of a benchmark with these words, in which the candidate is the better of two; returns its label."""
    chosen = chosen or candidate("large", options={"temperature": 0.0, "num_ctx": 4096})
    other = "small" if endpoint == "there" else "large"
    cases = tuple(Case(case_id=f"{task}{i}", prompt=f"{i}?", references=("yes",)) for i in range(N_CASES))
    store_run(
        behind.store,
        Asked(candidate=chosen, endpoint=endpoint, outcomes={case.case_id: answer("yes") for case in cases}),
        Asked(
            candidate=candidate(other),
            endpoint="here" if endpoint == "there" else "there",
            outcomes={case.case_id: answer("no") for case in cases},
        ),
        cases=cases,
        task_type=task,
        name=task,
        run_id=f"run-{task}",
        prompt=PromptTemplate(system="Be exact.", template=template),
        options={"num_predict": 9},
        headline=headline,
        metrics=("exact_match",) if headline == "exact_match" else ("exact_match", headline),
    )
    return chosen.label


def voting() -> Candidate:
    """The small model, of whose answers the choice that most of them give counts."""
    pipeline = parse_pipeline("self_consistency", {"n": "2", "extractor": "choice"})
    choice = PipelineChoice(
        name="self_consistency", options={"n": "2", "extractor": "choice"}, signature=signature_of(pipeline)
    )
    return candidate("small", options={"temperature": 0.0, "num_ctx": 4096}, pipeline=choice)


def policy(behind: Behind, task: str, label: str) -> Policy:
    return create_policy(behind.store, "fast", Question(task=task), candidate=label, by="test")


def asked(behind: Behind) -> list[tuple[list[str], Any]]:
    """The messages and the limit of tokens that came to any server."""
    bodies = [body for _, body in (*behind.here.asked, *behind.there.asked)]
    return [
        (
            [message["content"] for message in body["messages"]],
            body["options"]["num_predict"]
            if "options" in body
            else body.get("max_tokens", body.get("max_completion_tokens")),
        )
        for body in bodies
    ]


def test_openais_client_gives_choices(behind: Behind, of_openai: openai.OpenAI) -> None:
    policy(behind, "choosing", measured(behind, "choosing", CHOOSING))
    fields: Any = {"benchwright": {"choices": CHOICES}}
    reply = of_openai.chat.completions.create(model="fast", messages=QUESTION, extra_body=fields)
    chunks = list(of_openai.chat.completions.create(model="fast", messages=QUESTION, extra_body=fields, stream=True))
    of_openai.completions.create(model="fast", prompt="Is it blue?", extra_body=fields)

    assert "there word1 word2" == reply.choices[0].message.content
    assert "there word1 word2" == "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert 3 * [(["Be exact.", CHOOSING_ASKED], 9)] == asked(behind)


def test_ollamas_client_gives_documents_among_its_options(behind: Behind, of_ollama: ollama.Client) -> None:
    policy(behind, "reading", measured(behind, "reading", READING))
    options: Any = {"benchwright": {"documents": ["The sky.", "The sea."]}, "num_predict": 5}
    reply = of_ollama.chat(model="fast", messages=QUESTION, options=options)
    of_ollama.generate(model="fast", prompt="Is it blue?", options=options)

    assert "there word1 word2" == reply.message.content
    assert 2 * [(["Be exact.", READING_ASKED], 5)] == asked(behind)
    bodies = [str(body) for _, body in behind.there.asked]
    assert not any("benchwright" in body for body in bodies)


def test_a_conversation_keeps_its_turns_and_the_clients_system_text(behind: Behind, of_openai: openai.OpenAI) -> None:
    policy(behind, "choosing", measured(behind, "choosing", CHOOSING))
    turns: Any = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Look up."},
        {"role": "assistant", "content": "I do."},
        *QUESTION,
    ]
    of_openai.chat.completions.create(
        model="auto:choosing", messages=turns, extra_body={"benchwright": {"choices": CHOICES}}
    )

    assert [(["Be kind.", "Look up.", "I do.", CHOOSING_ASKED], 9)] == asked(behind)


def test_the_benchmark_is_the_one_that_shows_what_is_given(behind: Behind) -> None:
    measured(behind, "choosing", CHOOSING)
    measured(behind, "reading", READING)
    for fields, name in (({"choices": CHOICES}, "choosing"), ({"documents": ["The sky."]}, "reading")):
        reply = httpx.post(
            f"{behind.url}/v1/chat/completions",
            json={"model": "auto", "messages": QUESTION, "benchwright": fields},
            timeout=30,
        )
        assert (200, name) == (reply.status_code, reply.headers["x-benchwright-benchmark"])
    plain = httpx.post(f"{behind.url}/v1/chat/completions", json={"model": "auto", "messages": QUESTION}, timeout=30)
    assert "x-benchwright-benchmark" not in plain.headers


def test_votes_by_choices_are_served_and_a_call_without_choices_is_told_so(
    behind: Behind, of_openai: openai.OpenAI, of_ollama: ollama.Client
) -> None:
    policy(behind, "choosing", measured(behind, "choosing", CHOOSING, voting(), endpoint="here"))
    reply = of_openai.chat.completions.create(
        model="fast", messages=QUESTION, extra_body={"benchwright": {"choices": CHOICES}}
    )
    options: Any = {"benchwright": {"choices": CHOICES}}
    of_ollama.chat(model="fast", messages=QUESTION, options=options)

    assert "here word1 word2" == reply.choices[0].message.content
    assert 4 * [(["Be exact.", CHOOSING_ASKED], 9)] == asked(behind)
    why = "small:1b.*counts answers by the choices of a question, and the request gives none"
    with pytest.raises(openai.BadRequestError, match=why):
        of_openai.chat.completions.create(model="fast", messages=QUESTION)
    with pytest.raises(ollama.ResponseError, match=why) as refused:
        of_ollama.chat(model="fast", messages=QUESTION)
    assert 400 == refused.value.status_code
    assert 4 == sum(behind.n_asked)
    assert 200 == httpx.post(f"{behind.url}/api/show", json={"model": "fast"}, timeout=30).status_code


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"documents": ["The sky."]}, "'choosing', by which it was measured, shows no passages"),
        ({"documents": []}, "shows choices, and the request gives `benchwright` without `choices`"),
        ({"choices": CHOICES, "tags": ["t"]}, "`benchwright.tags`, which only a pipeline of one's own reads"),
        ({"choices": CHOICES, "details": {"k": 1}}, "`benchwright.details`, which only a pipeline of one's own reads"),
        ({"choices": ["yes"]}, "at least 2"),
        ({"labels": CHOICES}, "Fields that it may have: choices, documents, tags, details"),
    ],
)
def test_what_does_not_fit_the_candidate_of_a_policy_is_refused(
    behind: Behind, of_openai: openai.OpenAI, fields: dict[str, Any], why: str
) -> None:
    policy(behind, "choosing", measured(behind, "choosing", CHOOSING))
    with pytest.raises(openai.BadRequestError, match=why):
        of_openai.chat.completions.create(model="fast", messages=QUESTION, extra_body={"benchwright": fields})
    assert (0, 0) == behind.n_asked


def test_a_real_name_takes_none_of_it_in_silence(
    behind: Behind, of_openai: openai.OpenAI, of_ollama: ollama.Client
) -> None:
    fields: Any = {"benchwright": {"choices": CHOICES}}
    with pytest.raises(openai.BadRequestError, match="for `auto` and policies, and names 'small:1b'"):
        of_openai.chat.completions.create(model="small:1b", messages=QUESTION, extra_body=fields)
    with pytest.raises(ollama.ResponseError, match="for `auto` and policies"):
        of_ollama.chat(model="small:1b", messages=QUESTION, options=fields)


def test_a_pipeline_of_ones_own_reads_every_field(behind: Behind, tmp_path: Any, of_openai: openai.OpenAI) -> None:
    own = tmp_path / "mine.py"
    own.write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from evaluation.pipelines.pipeline import Pipeline, PipelineResult, one_reply\n"
        "from evaluation.pipelines.stages import AskModel\n\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Mine(Pipeline):\n"
        "    name: ClassVar[str] = 'mine'\n"
        "    summary: ClassVar[str] = 'asks once'\n\n"
        "    def run(self, task):\n"
        "        yield from one_reply(AskModel(stage='mine', messages=task.messages))\n"
        "        case = task.case\n"
        "        said = (case.choices, case.context, case.tags, dict(case.details))\n"
        "        return PipelineResult(answer=repr(said))\n"
    )
    pipeline = parse_pipeline(f"{own}:Mine", {})
    choice = PipelineChoice(name=f"{own}:Mine", signature=signature_of(pipeline))
    label = measured(behind, "plain", "{prompt}", candidate("small", pipeline=choice), endpoint="here")
    policy(behind, "plain", label)
    fields = {"choices": CHOICES, "documents": ["The sky."], "tags": ["t"], "details": {"k": 1}}
    reply = of_openai.chat.completions.create(model="fast", messages=QUESTION, extra_body={"benchwright": fields})

    assert repr((("yes", "no"), ("The sky.",), ("t",), {"k": 1})) == reply.choices[0].message.content


def test_a_call_that_the_challenger_cannot_answer_counts_in_neither_arm(behind: Behind) -> None:
    label = measured(behind, "choosing", CHOOSING, voting(), endpoint="here")
    policy(behind, "choosing", "large:1b")
    start_trial(behind.store, "fast", challenger=label, mode=TrialMode.EXPLORE, share=0.5, by="test")
    for i in range(8):
        headers = {"x-benchwright-conversation": str(i)}
        body = {"model": "fast", "messages": QUESTION}
        reply = httpx.post(f"{behind.url}/v1/chat/completions", json=body, headers=headers, timeout=30)
        assert (200, "large:1b") == (reply.status_code, reply.headers["x-benchwright-candidate"])
    calls = behind.recorded(8)
    assert [None] * 8 == [call.served.trial_id for call in calls if call.served is not None]
