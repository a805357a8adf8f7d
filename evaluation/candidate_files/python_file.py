"""A candidate as a Python program that asks its server with the requests that were measured, and nothing else.

The program needs no package. What makes the candidate is one literal in it, which is read back without running it.
"""

import ast
from collections.abc import Mapping
from pprint import pformat
from typing import Any

from evaluation.candidate_files.comments import comment_lines
from evaluation.candidate_files.configuration import Call, CandidateExport
from evaluation.candidate_files.content import WRITE_ANOTHER, content_of
from evaluation.errors import ConfigurationError
from evaluation.generation import GenerationRequest
from evaluation.providers import PROVIDERS
from evaluation.providers.addresses import DEFAULT_URL

NAME = "CANDIDATE"
KEEP_ALIVE = "30m"
"""How long the server keeps the model in memory, as evaluations ask for."""
_INSTEAD = "Use the format yaml, or json."


def as_python(export: CandidateExport) -> str:
    """Return the candidate as a Python program: it asks the server, or where it has a pipeline, Benchwright.

    Raises:
        ConfigurationError: nothing is known of how to ask it.
    """
    head = "\n".join(comment_lines(export))
    candidate = f"{NAME} = {_literal(content_of(export))}"
    if export.configuration.pipeline is not None:
        return f"{head}\n{_EVALUATED}\n{candidate}\n{_EVALUATION}"
    if export.call is None:
        raise ConfigurationError(f"no server is known that has {export.label!r}", _INSTEAD)
    return f"{head}\n{_ASKED}\n{candidate}\n\n{_call_as_literals(export, export.call)}{_PROGRAM}"


def _literal(value: Any) -> str:
    return pformat(value, width=110, sort_dicts=False)


def _call_as_literals(export: CandidateExport, call: Call) -> str:
    provider = PROVIDERS[call.provider]
    if provider.chat_path is None:
        raise ConfigurationError(f"a request of the provider {call.provider!r} cannot be written", _INSTEAD)
    body = provider.chat_body(
        GenerationRequest(
            model=export.configuration.model,
            messages=(),
            options={**call.options, "seed": 0},
            think=export.configuration.think,
            keep_alive=KEEP_ALIVE,
        )
    )
    seed_in = next((name for name, part in body.items() if isinstance(part, Mapping) and "seed" in part), None)
    prompt = {"system": call.prompt.system, "template": call.prompt.template}
    url = (call.url or DEFAULT_URL).removesuffix("/v1")
    return (
        f"# The server; LLM_URL names another one, {call.key_variable or 'LLM_API_KEY'} holds its key, if it has one.\n"
        f"URL = os.environ.get('LLM_URL', {url!r})\n"
        f"KEY = os.environ.get({call.key_variable or 'LLM_API_KEY'!r})\n\n"
        "# Every request, but for its messages and its seed; the benchmark's and the model's own options are in it.\n"
        f"BODY = {_literal(body)}\nSEED_IN = {seed_in!r}\n"
        f"PATH = {provider.chat_path!r}\nDIGESTS_AT = {provider.digests_path!r}\n\n"
        "# The benchmark's wording around each case, without the candidate's profile.\n"
        f"BENCHMARK = {_literal(prompt)}\n"
    )


_ASKED = '''"""Ask the candidate as it was measured: python FILE "What is 2?"; or `from FILE import ask`."""

import argparse
import functools
import http.client
import json
import os
import re
import sys
import urllib.error
import urllib.request
'''

_PROGRAM = '''

def messages(prompt, **parts):
    """Return the messages for a prompt; `context`, `choices` and `labels` fill these places in BENCHMARK."""
    parts["prompt"] = prompt
    places = r"\\{(prompt|context|choices|labels)\\}"
    question = re.sub(places, lambda place: parts.get(place[1]) or "", BENCHMARK["template"])
    profile = CANDIDATE["profile"]
    worded = lambda text: profile["template"].replace("{prompt}", text)
    system = "\\n\\n".join(text for text in (profile.get("system"), BENCHMARK["system"]) if text)
    turns = [("system", system)] if system else []
    for example in profile.get("examples", ()):
        turns += [("user", worded(example["prompt"])), ("assistant", example["answer"])]
    turns.append(("user", worded(question)))
    return [{"role": role, "content": content} for role, content in turns]


def body(prompt, seed=0, **parts):
    """Return the body of the request for a prompt."""
    request = json.loads(json.dumps(BODY)) | {"messages": messages(prompt, **parts)}
    (request[SEED_IN] if SEED_IN else request)["seed"] = seed
    return request


def reply_to(path, content=None):
    """Return the server's reply, to be read line by line."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {KEY}"} if KEY else {})
    data = None if content is None else json.dumps(content).encode()
    return urllib.request.urlopen(urllib.request.Request(URL + path, data, headers))


@functools.cache
def check_weights():
    """Raise where the server has other weights under the model's name than those that were measured."""
    measured = CANDIDATE.get("digest")
    if DIGESTS_AT is None or measured is None:
        return
    with reply_to(DIGESTS_AT) as reply:
        there = {model["name"]: model.get("digest") for model in json.load(reply)["models"]}
    here = there.get(BODY["model"], measured)
    if here != measured:
        raise RuntimeError(f"{BODY['model']} has the weights {here} here, and was measured with {measured}")


def ask(prompt, seed=0, **parts):
    """Return the answer to a prompt."""
    check_weights()
    answer = ""
    with reply_to(PATH, body(prompt, seed, **parts)) as lines:
        for line in lines:
            text = line.decode().strip().removeprefix("data:").strip()
            if not text.startswith("{"):
                continue
            event = json.loads(text)
            if event.get("error"):
                raise RuntimeError(event["error"])
            part = event.get("message") or next(iter(event.get("choices") or ()), {}).get("delta") or {}
            answer += part.get("content") or ""
    return answer


def main():
    """Print the answer to the prompt on the command line; exit with 2 where it is wrong or the server has none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt", help="the question, as one argument")
    parser.add_argument("--seed", type=int, default=0, help="a whole number; equal seeds ask the same")
    for place in ("context", "choices", "labels"):
        parser.add_argument(f"--{place}", help=f"text in the place of {{{place}}} in the benchmark's words")
    arguments = parser.parse_args()
    if not arguments.prompt.strip():
        parser.error("the prompt is empty")
    try:
        print(ask(**vars(arguments)))
    except urllib.error.HTTPError as error:
        said = error.read(500).decode(errors="replace").strip()
        sys.exit(failed(f"{URL}{PATH} answered with HTTP {error.code}: {said}", "Check the model's name and the key."))
    except urllib.error.URLError as error:
        sys.exit(failed(f"{URL} cannot be reached: {error.reason}", "Start the server, or name it with LLM_URL=URL."))
    except RuntimeError as error:
        sys.exit(failed(str(error), "Get the model with the weights that were measured, or export it anew."))
    except (OSError, ValueError, LookupError, http.client.HTTPException) as error:
        sys.exit(failed(f"{URL} gave no answer: {error}", "Check that LLM_URL=URL names a model server."))


def failed(problem, step):
    """Print what is wrong and what to do; return the exit code."""
    print(f"error: {problem}\\n  next: {step}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
'''

_EVALUATED = '''"""Evaluate the candidate, which needs Benchwright for its pipeline: python FILE BENCHMARK"""

import argparse
import sys
'''

_EVALUATION = '''

def main():
    """Print the results on the benchmark that the command line names; exit with 2 where it cannot be evaluated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmark", help="a benchmark's name or file")
    benchmark = parser.parse_args().benchmark
    try:
        from evaluation import evaluate
        from evaluation.errors import BenchwrightError
    except ImportError as error:
        print(f"error: Benchwright is not installed here: {error}\\n  next: Install it, or run this file with its "
              "Python.", file=sys.stderr)
        sys.exit(2)
    try:
        print(evaluate(benchmark=benchmark, candidate=f"@{__file__}").to_frame())
    except BenchwrightError as error:
        print(f"error: {error.message}\\n  next: {error.next_step}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
'''


def read_python_content(text: str, *, source: str) -> Any:
    """Return the literal in a program, of which nothing is run.

    Raises:
        ConfigurationError: it is not Python, or holds no such literal.
    """
    try:
        tree = ast.parse(text)
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == NAME for target in statement.targets
            ):
                return ast.literal_eval(statement.value)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigurationError(
            f"{source}: {NAME} cannot be read without running the program: {error}", WRITE_ANOTHER
        ) from None
    raise ConfigurationError(f"{source} does not set {NAME}", WRITE_ANOTHER)
