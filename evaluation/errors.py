"""All errors of Benchwright, sorted by whether retrying may help.

    BenchwrightError
    ├── ConfigurationError            bad option value, no server, missing setting: the user can fix it
    │   ├── UnknownNameError          a name that does not exist; lists those that do
    │   └── RunInUseError             a run that another process is working on
    ├── BenchmarkError                a bad file: file, line, field and what was expected
    ├── IncomparableError             two things that must not be compared; says what differs
    ├── StoreError                    disk full, newer schema, cannot be opened
    │   ├── DatabaseLostError         the database file in use was deleted, moved or replaced
    │   ├── StoreUnreachableError     the database is unavailable or locked: retrying may help
    │   ├── RefusedValueError         a row holds a value that no database accepts: that row alone is not stored
    │   ├── SupersededError           another process decided first on what this one meant to replace
    │   └── DamagedModelError         a stored selection model is corrupt: the one before it may be usable
    ├── SandboxError                  no isolation on this machine
    ├── RunFailedError                a run that failed or was cancelled, with all its results: for Python callers
    ├── CheckFailedError              a check that its caller requested failed, with all results
    ├── SelectionError                no feasible candidate, too little evidence
    │   └── ModelFileError            a selection model that cannot be read, or must not be
    └── ProviderError                 retrying will not help
        ├── UnfitMessagesError        the model's template refuses the conversation; another model's may take it
        ├── CandidateFailureError     the candidate's own failure: an outcome, scored as an empty answer
        └── TransientProviderError    retrying may help

Errors pass all their arguments to `super().__init__`, because Prefect pickles them.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from enum import StrEnum

from evaluation.formatting import listed

_MOST_LISTED = 40
"""Maximum number of known names in a message; of more, only the nearest are named."""
_NEAREST = 5
_ALIKE = 0.4
"""Similarity from which a name is offered; below it names have a few letters in common by chance."""
_SENTENCE_ENDS = (".", "!", "?")


class FailureKind(StrEnum):
    """Reason for a missing usable answer."""

    SERVER_DOWN = "server_down"
    LOADING_TIMED_OUT = "loading_timed_out"
    QUEUE_FULL = "queue_full"
    TIMED_OUT = "timed_out"
    CUT_STREAM = "cut_stream"
    RUNNER_CRASHED = "runner_crashed"
    OUT_OF_MEMORY = "out_of_memory"
    MODEL_NOT_PULLED = "model_not_pulled"
    BAD_OPTION = "bad_option"
    REFUSED_BY_POLICY = "refused_by_policy"
    PROMPT_TRUNCATED = "prompt_truncated"
    UNREADABLE_ANSWER = "unreadable_answer"
    """The server sent an implausible reply: a count of 10**30, endless bytes, unlimited nesting."""
    WRONG_MODEL = "wrong_model"
    """The answer came from another model than the requested one."""
    WRONG_EMBEDDING = "wrong_embedding"
    """The vectors are not finite, all zero, too many or too few, or of another dimension than the model's others."""

    EMPTY_ANSWER = "empty_answer"
    THINKING_USED_UP_THE_BUDGET = "thinking_used_up_the_budget"
    REPEATED_ITSELF = "repeated_itself"
    PROMPT_TOO_LONG = "prompt_too_long"
    PIPELINE_FAILED = "pipeline_failed"
    """The candidate's pipeline raised, never ended, or asked otherwise than before."""

    @property
    def is_the_candidates_own(self) -> bool:
        """True for a failure of the candidate, which is scored; False for one of the server, which is not."""
        return self in OWN_FAILURES

    @property
    def is_transient(self) -> bool:
        """True where the same request may succeed later."""
        return self in TRANSIENT_FAILURES


OWN_FAILURES = frozenset(
    {
        FailureKind.EMPTY_ANSWER,
        FailureKind.THINKING_USED_UP_THE_BUDGET,
        FailureKind.REPEATED_ITSELF,
        FailureKind.PROMPT_TOO_LONG,
        FailureKind.PIPELINE_FAILED,
    }
)
TRANSIENT_FAILURES = frozenset(
    {
        FailureKind.SERVER_DOWN,
        FailureKind.LOADING_TIMED_OUT,
        FailureKind.QUEUE_FULL,
        FailureKind.TIMED_OUT,
        FailureKind.CUT_STREAM,
        FailureKind.RUNNER_CRASHED,
        FailureKind.OUT_OF_MEMORY,
    }
)


def as_sentence(step: str) -> str:
    """Return a next step with a full stop where nothing ends it yet, since steps are put together from parts."""
    return step if step.endswith(_SENTENCE_ENDS) else f"{step}."


class BenchwrightError(Exception):
    """Base class of Benchwright's errors. The message includes the next step to take."""

    def __init__(self, message: str, next_step: str | None = None) -> None:
        super().__init__(message, next_step)
        self.message = message
        self.next_step = as_sentence(next_step) if next_step else next_step

    def __str__(self) -> str:
        """Return the message with the next step, as a traceback or an application's log shows it.

        `message` holds the message alone.
        """
        if not self.next_step:
            return self.message
        return f"{as_sentence(self.message)} Next: {self.next_step}"


class ConfigurationError(BenchwrightError):
    """An error that the user can fix: a bad option value, a missing setting, no server."""


_LONGEST_NAME = 200
"""Characters of an unknown name that the message repeats."""


class UnknownNameError(ConfigurationError):
    """A name does not exist. The message lists the existing ones."""

    def __init__(
        self, kind: str, name: str, known: Iterable[str], next_step: str | None = None, is_newest: bool = False
    ) -> None:
        """Make the error of one name.

        Args:
            kind: What the name is of, such as `model`.
            name: The unknown name.
            known: The existing ones.
            next_step: What to do; None: use one of them.
            is_newest: Whether these are the newest ones alone, beside which there may be older ones.
        """
        names = tuple(dict.fromkeys(known))
        capitals = [known_name for known_name in names if known_name.casefold() == name.casefold()]
        close = capitals or get_close_matches(name, names, n=1)
        shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
        message = f"unknown {kind} {shown!r}" + (f"; did you mean {close[0]!r}?" if close else ".")
        if len(names) > _MOST_LISTED:
            nearest = get_close_matches(name, names, n=_NEAREST, cutoff=_ALIKE)
            which, shown_names = ("Nearest", nearest) if nearest else ("First", names[:_NEAREST])
            message += f" {which} of {len(names):,}: {', '.join(shown_names)}."
        else:
            message += f" {'Newest' if is_newest else 'Known'}: {', '.join(names)}." if names else " None is known yet."
        super().__init__(message, next_step or ("Use one of the known names." if names else None))
        self.args = (kind, name, names, next_step, is_newest)
        self.kind, self.name, self.known = kind, name, names


class RunInUseError(ConfigurationError):
    """Another living process works on the run."""


_MOST_PLACES = 5
"""Other faults, and places of each, that a message names."""


class BenchmarkError(BenchwrightError):
    """A benchmark file cannot be used. The message gives file, line and field, and what was expected there."""

    def __init__(
        self,
        path: str,
        problem: str,
        *,
        line: int | None = None,
        row: int | None = None,
        field: str | None = None,
        expected: str | None = None,
        next_step: str | None = None,
        others: Sequence["BenchmarkError"] = (),
        is_cut: bool = False,
    ) -> None:
        """Make the error of one fault.

        Args:
            path: The file.
            problem: What is wrong.
            line: Where it is, in a file of lines.
            row: Where it is, in a table or list.
            field: The file's name of the field.
            expected: What was expected there.
            next_step: What to do; None: mend the place.
            others: Further faults of the file, in its order.
            is_cut: Whether there may be more, in the rest of the file.
        """
        where = path + (f", line {line}" if line is not None else "") + (f", row {row}" if row is not None else "")
        where += f", field {field!r}" if field else ""
        next_step = (
            next_step or f"Mend {_place(line, row)}; `benchwright benchmarks validate FILE` checks the whole file"
        )
        message = f"{where}: {problem}" + (f"; expected {expected}" if expected else "")
        if others:
            message = f"{as_sentence(message)} Also: {_grouped(others)}"
        super().__init__(f"{message}; the rest of the file was not checked" if is_cut else message, next_step)
        self.path, self.problem, self.field, self.expected = path, problem, field, expected
        self.line, self.row, self.others, self.is_cut = line, row, tuple(others), is_cut

    def with_others(self, others: Sequence["BenchmarkError"], *, is_cut: bool = False) -> "BenchmarkError":
        """Return this error, which also names further faults of the file."""
        if not others:
            return self
        return _rebuild_benchmark_error(self.path, self.problem, self._named(others) | {"is_cut": is_cut})

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_benchmark_error, (self.path, self.problem, self._named(self.others)))

    def _named(self, others: Sequence["BenchmarkError"]) -> dict[str, object]:
        named = {"line": self.line, "row": self.row, "field": self.field}
        return named | {
            "expected": self.expected,
            "next_step": self.next_step,
            "others": tuple(others),
            "is_cut": self.is_cut,
        }


def _grouped(errors: Sequence[BenchmarkError]) -> str:
    """Return faults in words, equal ones with all their places: `lines 4 and 7, field 'references': is missing`."""
    groups: dict[tuple[str | None, str], list[BenchmarkError]] = {}
    for error in errors:
        groups.setdefault((error.field, error.problem), []).append(error)
    words = [
        f"{_places(group)}{f', field {field!r}' if field else ''}: {problem}"
        for (field, problem), group in groups.items()
    ]
    rest = len(words) - _MOST_PLACES
    return "; ".join(words[:_MOST_PLACES]) + (f"; {rest:,} more" if rest > 0 else "")


def _places(group: Sequence[BenchmarkError]) -> str:
    if len(group) == 1:
        return _place(group[0].line, group[0].row)
    noun = "lines" if group[0].line is not None else "rows"
    numbers = [str(error.line if error.line is not None else error.row) for error in group]
    return f"{noun} {listed(numbers, _MOST_PLACES)}"


def _place(line: int | None, row: int | None) -> str:
    return f"line {line}" if line is not None else f"row {row}" if row is not None else "the file"


def _rebuild_benchmark_error(path: str, problem: str, named: dict[str, object]) -> BenchmarkError:
    return BenchmarkError(path, problem, **named)  # type: ignore[arg-type]


class IncomparableError(BenchwrightError):
    """The numbers of two things must not be compared. The message states what differs."""


class StoreError(BenchwrightError):
    """The results database cannot be opened, read or written."""


class DatabaseLostError(StoreError):
    """The database file was deleted, moved or replaced while in use; its contents are lost."""


class StoreUnreachableError(StoreError):
    """The database is away or restarting, dropped the connection, or is locked by another process. May be temporary."""


class RefusedValueError(StoreError):
    """A row holds a value that the database does not accept, such as a number beyond 64 bits. Other rows are stored."""


class SupersededError(StoreError):
    """The value to replace was changed by another process in the meantime. Read it again, and decide again."""


class DamagedModelError(StoreError):
    """A stored selection model's bytes differ from those that were stored, so it is not used."""


class SandboxError(BenchwrightError):
    """Model-written code cannot be isolated on this machine, so it is not run."""


class RunFailedError(BenchwrightError):
    """A run failed or was cancelled in Prefect. `result` holds what was found until then."""

    def __init__(self, message: str, next_step: str | None = None, result: object = None) -> None:
        super().__init__(message, next_step)
        self.args = (message, next_step, result)
        self.result = result


class CheckFailedError(BenchwrightError):
    """A check requested by the caller did not pass. `result` holds the full result."""

    def __init__(self, message: str, next_step: str | None = None, result: object = None) -> None:
        super().__init__(message, next_step)
        self.args = (message, next_step, result)
        self.result = result


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C or a notebook's interrupt during a run. Stored outcomes remain; `run_id` can be resumed."""

    def __init__(self, message: str, run_id: str) -> None:
        super().__init__(message, run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        """Return the next step."""
        return str(self.args[0])


class SelectionError(BenchwrightError):
    """No feasible candidate, or too little evidence to choose one."""


class ModelFileError(SelectionError):
    """A file or stored bytes that are not a selection model, are damaged, or must not be read."""


class ProviderError(BenchwrightError):
    """A server refused a request, and repeating it will not help."""

    def __init__(self, message: str, kind: FailureKind, next_step: str | None = None) -> None:
        super().__init__(message, next_step)
        self.args = (message, kind, next_step)
        self.kind = kind


class CandidateFailureError(ProviderError):
    """The candidate itself failed. Its output is kept for display; the answer counts as empty."""

    def __init__(self, message: str, kind: FailureKind, text: str = "", next_step: str | None = None) -> None:
        super().__init__(message, kind, next_step)
        self.args = (message, kind, text, next_step)
        self.text = text


class UnfitMessagesError(ProviderError):
    """The model's template refuses the conversation, such as two messages of the user in a row; another's may not."""


class TransientProviderError(ProviderError):
    """A failure that a retry may resolve: timeout, 429, 503, runner crash, cut stream."""

    def __init__(
        self, message: str, kind: FailureKind, retry_after_s: float | None = None, next_step: str | None = None
    ) -> None:
        super().__init__(message, kind, next_step)
        self.args = (message, kind, retry_after_s, next_step)
        self.retry_after_s = retry_after_s
