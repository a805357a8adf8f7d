"""A pipeline of a user's own file: what it may do, and what comes of everything that it should not."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest
import scripted_pipeline
from scripted_pipeline import CASE, ScriptedModel, given

from evaluation.case import Case
from evaluation.errors import ConfigurationError, FailureKind, UnknownNameError
from evaluation.files.allowed_files import limit_files
from evaluation.pipelines import pipeline_process
from evaluation.pipelines.parsing import described_pipeline, parse_pipeline, process_named
from evaluation.pipelines.pipeline import Pipeline
from evaluation.pipelines.pipeline_process import end_processes
from evaluation.pipelines.stages import AskModel
from evaluation.pipelines.walk import PipelineFailedError, Walk
from evaluation.pipelines.walking import done
from evaluation.user_code import loading

HEAD = """
import os, sys, time, threading, signal
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from evaluation.case import Message
from evaluation.errors import FailureKind
from evaluation.pipelines.pipeline import MODEL, Pipeline, PipelineResult, StageFailedError, all_replies, one_reply
from evaluation.pipelines.stages import AskModel, EmbedTexts, SearchPassages
"""
OWN = (
    HEAD
    + '''
@dataclass(frozen=True, kw_only=True)
class Mine(Pipeline):
    """Asks `depth` times."""

    name: ClassVar[str] = "mine"
    summary: ClassVar[str] = "asks several times, each time about the last answer"

    depth: int = 1
    """How often it asks."""
    words: tuple[str, ...] = ()
    other: str = field(default="", metadata=MODEL)
    """Model of the last question."""

    def __post_init__(self):
        if self.depth > 9:
            raise ValueError("too deep")

    def problem(self, task):
        return "is too short" if len(task.case.prompt) < 3 else None

    def run(self, task):
        answers = []
        for i in range(1, self.depth + 1):
            messages = (*task.messages, Message(role="user", content=" ".join(answers) or "Go."))
            print("noise", flush=True)
            model = self.other if i == self.depth else ""
            reply = yield from one_reply(AskModel(stage=f"ask {i}", messages=messages, model=model))
            answers.append(reply.text)
        return PipelineResult(answer=answers[-1], notes={"examples": len(task.examples), "pid": 1})
'''
)
BAD = (
    HEAD
    + """
def ask(name):
    return AskModel(stage=name, messages=(Message(role="user", content="?"),))

@dataclass(frozen=True, kw_only=True)
class Bad(Pipeline):
    name: ClassVar[str] = "bad"
    summary: ClassVar[str] = "does what it should not"

    what: str = "nothing"

    def run(self, task):
        (reply,) = yield (ask("first"),)
        exec(self.what)
        result = yield from self.second()
        return result

    def second(self):
        if self.what == "return":
            return 5
        if self.what == "set":
            return PipelineResult(answer="a", notes={"a": {1, 2}})
        if self.what == "surrogate":
            return PipelineResult(answer="half \\ud800")
        if self.what == "type":
            return PipelineResult(answer=5)
        if self.what == "list":
            yield [ask("second")]
        if self.what == "text":
            yield "second"
        if self.what == "content":
            yield (AskModel(stage="second", messages=(Message(role="user", content=7),)),)
        if self.what == "model":
            yield (AskModel(stage="second", messages=(Message(role="user", content="7"),), model="other"),)
        if self.what == "embed":
            yield (EmbedTexts(stage="second", texts=("a",), model="embedder"),)
        if self.what == "role":
            yield (AskModel(stage="second", messages=(Message(role="banana", content="7"),)),)
        if self.what in ("nan", "option", "words"):
            name = "temprature" if self.what == "option" else "temperature"
            value = {"nan": float("nan"), "option": 1, "words": "model"}[self.what]
            yield (AskModel(stage="second", messages=ask("").messages, options={name: value}),)
        if self.what == "schema":
            yield (AskModel(stage="second", messages=ask("").messages, schema="{"),)
        if self.what == "no name":
            yield (ask(""),)
        if self.what == "sure":
            return PipelineResult(answer="a", confidence=float("nan"))
        if self.what == "notes":
            return PipelineResult(answer="a", notes={"a": [float("inf")]})
        if self.what == "deep":
            nested = []
            for _ in range(10**5):
                nested = [nested]
            return PipelineResult(answer="a", notes={"a": nested})
        if self.what == "down":
            return PipelineResult(answer="", failure=FailureKind.SERVER_DOWN)
        if self.what == "search":
            yield (SearchPassages(stage="second", query="q", top_k=1, method="bm25"),)
        if self.what == "million":
            yield (ask("second"),) * 10**7
        if self.what == "long":
            yield (ask("second" * 12 * 1024**2),)
        if self.what == "endless":
            for number in range(10**7):
                yield (ask(f"again {number}"),)
        if self.what == "random":
            yield (ask(f"second {os.getpid()}"),)
        yield (ask("last"),)
        return PipelineResult(answer="end")
""".replace("exec(self.what)", 'exec(self.what) if "(" in self.what else None')
)

NOISE = """
for fd in range(3, 12):
    try:
        os.write(fd, bytes(8) + b"noise" * 9)
    except OSError:
        pass
"""
SUPPORT = str(Path(scripted_pipeline.__file__).parent)


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    yield
    end_processes()
    pipeline_process._processes.clear()


@pytest.fixture
def mine(tmp_path: Path) -> Callable[..., Pipeline]:
    (tmp_path / "mine.py").write_text(OWN)
    return lambda **options: parse_pipeline(f"{tmp_path}/mine.py:Mine", options)


@pytest.fixture
def bad(tmp_path: Path) -> Callable[..., Pipeline]:
    (tmp_path / "bad.py").write_text(BAD)
    return lambda what, limit_s=60.0: parse_pipeline(f"{tmp_path}/bad.py:Bad", {"what": what}, limit_s=limit_s)


def test_it_walks_a_case_as_one_of_ours_does(mine: Callable[..., Pipeline]) -> None:
    pipeline = mine(depth="3", other="large:70b", words="a|b")
    model = ScriptedModel()
    examples = tuple(Case(case_id=f"e{i}", prompt="1 + 1?", references=("2",), details={"n": 1.5}) for i in range(3))

    result = model.run(pipeline, given(examples=examples))

    assert result.answer == "reply to ask 3"
    assert result.notes["examples"] == 3
    assert [request.stage for request in model.asked] == ["ask 1", "ask 2", "ask 3"]
    assert [request.model for request in model.asked if isinstance(request, AskModel)] == ["", "", "large:70b"]
    assert model.prompts == ["Go.", "reply to ask 1", "reply to ask 1 reply to ask 2"]
    assert pipeline.other_models == ("large:70b",)


def test_its_signature_has_its_options_and_the_hash_of_the_file(mine: Callable[..., Pipeline], tmp_path: Path) -> None:
    first, again, deeper = mine(), mine(), mine(depth="2")
    (tmp_path / "mine.py").write_text(OWN + "\n")
    changed = mine()

    assert first.name == "mine"
    assert first.signature.startswith("Mine(depth=1, words=(), other='')|v1+file:")
    assert first.signature == again.signature
    assert first == again
    assert len({first.signature, deeper.signature, changed.signature}) == 3


def test_it_says_which_cases_it_cannot_answer(mine: Callable[..., Pipeline], bad: Callable[..., Pipeline]) -> None:
    assert mine().problem(given(Case(case_id="a", prompt="?"))) == "is too short"
    assert mine().problem(given()) is None
    assert bad("x").problem(given()) is None


def test_a_failure_of_the_model_is_the_candidates_own(mine: Callable[..., Pipeline]) -> None:
    result = ScriptedModel(answer=lambda request: FailureKind.EMPTY_ANSWER).run(mine())

    assert result.failure is FailureKind.EMPTY_ANSWER
    assert result.message == "stage 'ask 1': empty answer"


def test_a_case_begins_anew_from_its_replies_where_the_process_was_lost(
    mine: Callable[..., Pipeline], tmp_path: Path
) -> None:
    pipeline, model = mine(depth="4"), ScriptedModel()
    first, second = Walk(pipeline, given()), Walk(pipeline, given())
    first.feed([model.reply(request) for request in first.waiting])
    end_processes()

    for walk in (first, second):
        while walk.result is None:
            walk.feed([model.reply(request) for request in walk.waiting])

    assert [walk.result.answer for walk in (first, second) if walk.result] == ["reply to ask 4"] * 2
    assert process_named(f"{tmp_path}/mine.py:Mine").life == 2


def test_a_case_continues_from_stored_replies(mine: Callable[..., Pipeline]) -> None:
    pipeline, model = mine(depth="3"), ScriptedModel()
    unbroken = model.run(pipeline)
    stored = {request.stage: model.reply(request) for request in model.asked}
    end_processes()

    walk = Walk(mine(depth="3"), given())
    walk.feed_stored(stored)

    assert walk.result == unbroken


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("(_ for _ in ()).throw(KeyboardInterrupt)", "run() raised KeyboardInterrupt"),
        ("sys.exit(1)", "run() raised SystemExit: 1"),
        ("undefined(1)", "run() raised NameError: name 'undefined' is not defined (line "),
        ("os._exit(3)", "its process exited (exit code 3)"),
        ("os.kill(os.getpid(), 9)", "its process exited (by signal 9)"),
        ("time.sleep(3600)", "did not return within 1 s and was stopped; raise BENCHWRIGHT_PIPELINE_TIMEOUT_S"),
        ("exec('while True: pass')", "did not return within 1 s"),
        ("self.deep()", "AttributeError"),
        ("return", "returned int, not a PipelineResult"),
        ("set", "its result holds a set"),
        ("type", "its result.answer is a int, not str"),
        ("list", "must yield a tuple of requests, at least one"),
        ("text", "must yield a tuple of requests, at least one"),
        ("content", "its requests[0].messages[0].content is a int, not str"),
        ("model", "asks the model 'other', which none of its options names"),
        ("search", "searches passages, but no option names a corpus"),
        ("embed", "asks the model 'embedder', which none of its options names; give the option metadata=EMBEDDER"),
        ("role", "has a message of the role 'banana', not of system, user, assistant"),
        ("nan", "cannot be asked: option temperature=nan is"),
        ("option", "cannot be asked: unknown option 'temprature'; did you mean 'temperature'"),
        ("words", "has the option temperature='model', which is no number"),
        ("schema", "has a schema that is no JSON object"),
        ("no name", "names a stage ''; a name has 1 to 200 characters"),
        ("sure", "returned the confidence nan, which is not from 0 to 1"),
        ("notes", "its notes hold numbers that JSON has not"),
        ("deep", "its result holds too many values inside one another"),
        ("down", "returned the failure 'server_down', which is no failure of a model"),
        ("(_ for _ in ()).throw(StageFailedError('first', FailureKind.SERVER_DOWN))", "no failure of a model"),
    ],
)
def test_what_it_does_wrong_fails_its_case_by_name_and_the_next_case_is_answered(
    bad: Callable[..., Pipeline], what: str, message: str
) -> None:
    with pytest.raises(PipelineFailedError) as error:
        ScriptedModel().run(bad(what, limit_s=1.0))

    assert error.value.message.startswith("pipeline 'bad': ")
    assert message in error.value.message
    assert ScriptedModel().run(bad("nothing")).answer == "end"


def test_what_it_writes_to_our_pipes_is_no_reply(bad: Callable[..., Pipeline]) -> None:
    noise = f"exec({NOISE!r})"
    with pytest.raises(PipelineFailedError, match=r"message that cannot be read|its process exited"):
        ScriptedModel().run(bad(noise, limit_s=5.0))


def test_a_copy_of_its_process_says_nothing_and_ends(bad: Callable[..., Pipeline]) -> None:
    pipeline = bad("os.fork()")
    assert ScriptedModel().run(pipeline).answer == "end"
    assert ScriptedModel().run(pipeline).answer == "end"


def test_what_it_started_ends_with_it(bad: Callable[..., Pipeline], tmp_path: Path) -> None:
    place = tmp_path / "pid"
    ScriptedModel().run(bad(f"os.fork() or (open({str(place)!r}, 'w').write(str(os.getpid())), time.sleep(600))"))
    pid = _when_written(place)
    assert _runs(pid)

    end_processes()

    _wait_until(lambda: not _runs(pid))


def test_after_three_calls_in_a_row_that_never_returned_it_is_called_no_more(bad: Callable[..., Pipeline]) -> None:
    pipeline = bad("time.sleep(3600)", limit_s=0.3)
    messages = []
    for _ in range(4):
        with pytest.raises(PipelineFailedError) as error:
            ScriptedModel().run(pipeline)
        messages.append(error.value.message)

    assert ["it is not called again" in message for message in messages] == [False, False, False, True]


def test_one_that_asks_otherwise_when_it_begins_anew_is_named(bad: Callable[..., Pipeline]) -> None:
    walk, model = Walk(bad("random"), given()), ScriptedModel()
    walk.feed([model.reply(request) for request in walk.waiting])
    end_processes()

    with pytest.raises(PipelineFailedError, match="asked otherwise when the case began anew"):
        walk.feed([model.reply(request) for request in walk.waiting])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read the pipeline's file"),
        ("raise ValueError('no')", "line 1 does not run: ValueError: no"),
        ("import sys; sys.exit(2)", "does not run: SystemExit: 2"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import os; os._exit(4)", "its process exited (exit code 4)"),
        ("def f(:", "line 1 does not run: SyntaxError"),
        ("class Other: pass", "unknown pipeline class in"),
        ("class Mine: pass", "line 1) does not derive from Pipeline"),
        (OWN.replace("class Mine(", "class Other("), "Known: Other."),
        (OWN.replace("def run(", "def walk("), "lacks run"),
        (OWN.replace("frozen=True, ", ""), "frozen"),
        (OWN.replace(", kw_only=True", ""), "by position: kw_only=True is missing"),
        (OWN.replace('"mine"', '"direct"'), "cannot be named 'direct': another pipeline has that name"),
        (OWN.replace('"mine"', '"my pipeline"'), "must be a valid Python identifier"),
        (OWN.replace("    summary: ClassVar", "    other_words: ClassVar"), "has summary = None"),
        (
            OWN.replace("    words: tuple[str, ...] = ()", "    temperature: float = 0.5"),
            "an option named 'temperature'",
        ),
        (OWN.replace("    words: tuple[str, ...] = ()", "    profile: str = ''"), "an option named 'profile'"),
        (OWN.replace("    words: tuple[str, ...] = ()", "    words: Unknown = ()"), "NameError"),
        (OWN.replace("    def problem", "    signature = 'x'\n\n    def problem"), "overrides `signature`"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_before_anything_is_asked(
    content: str | None, message: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "mine.py").write_text(content)

    with pytest.raises(ConfigurationError) as error:
        parse_pipeline(f"{tmp_path}/mine.py:Mine", {})

    assert message in str(error.value)
    assert "mine.py" in str(error.value)
    assert error.value.next_step


@pytest.mark.parametrize("code", ["import time; time.sleep(3600)", "while True: pass"])
def test_a_file_whose_import_never_ends_is_refused_by_the_setting_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_IMPORT_TIMEOUT_S", "2")
    monkeypatch.setattr(loading, "SAID_AFTER_S", 0.1)
    (tmp_path / "mine.py").write_text(code)

    with pytest.raises(ConfigurationError) as error:
        parse_pipeline(f"{tmp_path}/mine.py:Mine", {})

    assert "its file was not loaded within 2 s" in error.value.message
    assert "raise BENCHWRIGHT_IMPORT_TIMEOUT_S (now 2 s)" in error.value.message
    assert f"still loading {tmp_path}/mine.py" in capsys.readouterr().err


def test_one_that_closes_its_pipes_fails_its_case_without_a_traceback(
    bad: Callable[..., Pipeline], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(PipelineFailedError, match="its process exited"):
        ScriptedModel().run(bad("os.closerange(3, 200)"))

    assert "Traceback" not in capfd.readouterr().err


def test_an_answer_keeps_half_a_surrogate_pair(bad: Callable[..., Pipeline]) -> None:
    assert "half \ud800" == ScriptedModel().run(bad("surrogate")).answer


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"deep": "2"}, "unknown option of the pipeline 'mine': 'deep'; did you mean 'depth'"),
        ({"depth": "two"}, "depth='two' is not allowed"),
        ({"depth": "10"}, "refuses {'depth': '10'}: ValueError: too deep (line "),
    ],
)
def test_wrong_options_are_refused(mine: Callable[..., Pipeline], options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        mine(**options)

    assert message in error.value.message


def test_an_unknown_option_keeps_its_type(mine: Callable[..., Pipeline]) -> None:
    with pytest.raises(UnknownNameError):
        mine(deep="2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "names a file without a class; classes in it: Mine"),
        ("{}:", "names a file without a class; classes in it: Mine"),
        ("{}:Mine(depth=2)", "has options in brackets"),
    ],
)
def test_a_file_is_named_with_its_class_and_no_more(
    text: str, message: str, mine: Callable[..., Pipeline], tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_pipeline(text.format(tmp_path / "mine.py"), {})

    assert message in str(error.value)


def test_only_files_that_a_user_may_name_are_run(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n" + OWN)
    name = f"{tmp_path}/mine.py:Mine"

    def by_form() -> None:
        limit_files(None)
        parse_pipeline(name, {})

    with pytest.raises(ConfigurationError, match="forms may name no files here"):
        copy_context().run(by_form)
    with pytest.raises(ConfigurationError, match="may not load code"):
        parse_pipeline(name, {}, may_name_a_file=False)
    assert not (tmp_path / "ran").exists()


READS = """
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from evaluation.pipelines.pipeline import PATH, READ_FROM, Pipeline

def words(path):
    return path.read_text()

@dataclass(frozen=True, kw_only=True)
class Reads(Pipeline):
    name: ClassVar[str] = "reads"
    summary: ClassVar[str] = "reads files that its options name"
    notes: str = field(default="", metadata={READ_FROM: words})
    template: str = field(default="", metadata=PATH)

    def run(self, task):
        yield ()
"""


@pytest.mark.parametrize("option", ["notes", "template"])
def test_options_that_name_files_are_held_to_the_folder_of_forms_in_its_process_too(
    tmp_path: Path, option: str
) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    (folder / "mine.py").write_text(READS)
    (folder / "inside.txt").write_text("inside")
    (tmp_path / "secret.txt").write_text("the secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")

    def by_form(value: str) -> Pipeline:
        limit_files(folder)
        return parse_pipeline("mine.py:Reads", {option: value})

    for value in (str(tmp_path / "secret.txt"), "../secret.txt", "link.txt", "/etc/passwd"):
        with pytest.raises(ConfigurationError, match="the folder of which forms may name files"):
            copy_context().run(by_form, value)
    shown = repr(copy_context().run(by_form, "inside.txt"))
    assert ("notes='inside'" if option == "notes" else f"template='{folder}/inside.txt'") in shown
    assert "the secret" in repr(parse_pipeline(f"{folder}/mine.py:Reads", {"notes": str(tmp_path / "secret.txt")}))


def test_nothing_of_the_file_runs_in_our_process(mine: Callable[..., Pipeline], tmp_path: Path) -> None:
    place = tmp_path / "pids"
    (tmp_path / "mine.py").write_text(f"import os\nprint(os.getpid(), file=open({str(place)!r}, 'a'))\n" + OWN)
    ScriptedModel().run(mine())

    assert str(os.getpid()) not in place.read_text().split()
    file = str(tmp_path / "mine.py")
    assert file not in [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]


def test_what_is_told_of_it_comes_from_its_class(mine: Callable[..., Pipeline], tmp_path: Path) -> None:
    mine()
    description = described_pipeline(f"{tmp_path}/mine.py:Mine")

    assert description.name == "mine"
    assert description.docstring == "Asks `depth` times."
    assert [(option.name, option.type, option.meaning, option.is_model) for option in description.options] == [
        ("depth", "a whole number; 1 unless given", "How often it asks.", False),
        ("words", "texts separated by |; empty unless given", "", False),
        ("other", "text; empty unless given", "Model of the last question.", True),
    ]


def test_a_step_in_an_event_loop_ends_when_it_is_cancelled_and_other_cases_go_on(
    bad: Callable[..., Pipeline], mine: Callable[..., Pipeline]
) -> None:
    stuck, quick, model = bad("time.sleep(3600)"), bad("nothing"), ScriptedModel()

    async def run() -> tuple[float, Any]:
        walks = [await done(pipeline, lambda pipeline=pipeline: Walk(pipeline, given())) for pipeline in (stuck, quick)]
        replies = [model.reply(request) for request in walks[0].waiting]
        working = asyncio.create_task(done(stuck, lambda: walks[0].feed(replies)))
        await asyncio.sleep(0.5)
        waiting = asyncio.create_task(done(quick, lambda: walks[1].feed(replies)))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        lasted = time.monotonic() - began
        await waiting
        await done(quick, lambda: walks[1].feed([model.reply(request) for request in walks[1].waiting]))
        return lasted, walks[1].result

    lasted, result = asyncio.run(run())

    assert lasted < 2
    assert result.answer == "end"


PROGRAM = """
import asyncio, sys
sys.path[:0] = {paths}
from scripted_pipeline import ScriptedModel, given
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.walk import Walk
from evaluation.pipelines.walking import done

async def main():
    pipeline = parse_pipeline({name!r}, {{"what": {what!r}}})
    walk = await done(pipeline, lambda: Walk(pipeline, given()))
    await done(pipeline, lambda: walk.feed([ScriptedModel().reply(request) for request in walk.waiting]))

asyncio.run(main())
"""


def test_ctrl_c_ends_it_within_two_seconds_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    place = tmp_path / "pid"
    what = f"(open({str(place)!r}, 'w').write(str(os.getpid())), time.sleep(600))"
    program = PROGRAM.format(paths=[SUPPORT], name=f"{tmp_path}/bad.py:Bad", what=what)
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, start_new_session=True)
    try:
        pid = _when_written(place)
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(2)
        process.communicate(timeout=30)
        lasted = time.monotonic() - began
    finally:
        process.kill()
        process.wait()

    assert lasted < 2
    _wait_until(lambda: not _runs(pid))


def test_its_process_ends_when_ours_is_killed(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    place = tmp_path / "pid"
    what = f"open({str(place)!r}, 'w').write(str(os.getpid()))"
    program = PROGRAM.format(paths=[SUPPORT], name=f"{tmp_path}/bad.py:Bad", what=what)
    program = program.replace("asyncio.run(main())", "asyncio.run(main()); __import__('time').sleep(600)")
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        pid = _when_written(place)
        assert _runs(pid)
    finally:
        process.kill()
        process.wait()

    _wait_until(lambda: not _runs(pid))


@pytest.mark.parametrize("what", ["time.sleep(600)", "exec('while True: pass')"])
def test_its_process_ends_when_ours_is_killed_in_the_middle_of_a_step(what: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(BAD)
    place = tmp_path / "pids"
    write = f"open({str(place)!r}, 'a').write(str(os.getpid()) + '\\n')"
    ignore = "signal.signal(signal.SIGALRM, signal.SIG_IGN)"
    program = PROGRAM.format(
        paths=[SUPPORT], name=f"{tmp_path}/bad.py:Bad", what=f"({ignore}, os.fork(), {write}, {what})"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        _wait_until(lambda: place.exists() and len(place.read_text().split()) == 2)
        pids = [int(pid) for pid in place.read_text().split()]
        assert all(map(_runs, pids))
    finally:
        process.kill()
        process.wait()

    _wait_until(lambda: not any(map(_runs, pids)), seconds=3)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("[*map(bytearray, [2**26] * 10**6)]", "run() raised MemoryError (line "),
        ("[*map(bytearray, [2**26] * 10**6)]", "it may use 512 MiB of memory"),
        ("million", "asked 10,000,000 requests at once, more than the 2,000 of a whole case"),
        ("long", "sent a message of more than 64 MiB"),
        ("endless", "asked more than 2,000 requests for one case"),
    ],
)
def test_what_it_takes_too_much_of_fails_its_case_by_name(
    bad: Callable[..., Pipeline], what: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_process, "memory_limit", lambda: 512 * 1024**2)

    with pytest.raises(PipelineFailedError) as error:
        ScriptedModel().run(bad(what, limit_s=30.0))

    assert message in error.value.message
    assert ScriptedModel().run(bad("nothing")).answer == "end"


def test_many_cases_of_many_threads_do_not_mix(mine: Callable[..., Pipeline]) -> None:
    answers: dict[str, str] = {}

    def walk(case_id: str) -> None:
        model = ScriptedModel(answer=lambda request: f"{case_id} {request.stage}")
        answers[case_id] = model.run(mine(depth="3"), given(Case(case_id=case_id, prompt="Which?"))).answer

    threads = [threading.Thread(target=walk, args=(f"c{i}",)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {f"c{i}": f"c{i} ask 3" for i in range(12)}
    assert CASE.case_id == "a"


def _when_written(place: Path) -> int:
    _wait_until(lambda: place.exists() and place.read_text().strip() != "")
    return int(place.read_text())


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
