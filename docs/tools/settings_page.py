"""`python docs/tools/settings_page.py`: writes `docs/settings.md`, every environment variable on one page.

Name, type, default and meaning of Benchwright's own settings come from the class `Settings`, the options that say the
same from the command line, and what Benchwright sets for Prefect from the code. Variables that are read elsewhere are
described here; `tests/architecture/test_settings_page.py` fails where one of them is missing.
"""

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
import typer
from docstrings import field_docstrings
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from deployments.cli.app import app
from evaluation.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
MOST_COMMANDS_NAMED = 12
"""An option that more commands have is shown without their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One line of the page."""

    name: str
    type: str
    default: str
    meaning: str
    options: Sequence[str] = ()
    """Options of the command line that say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its variables."""

    title: str
    text: str
    variables: Sequence[Variable]


OPTIONS: Mapping[str, Sequence[str]] = {
    "database_url": ("--db",),
    "sandbox": ("--sandbox",),
    "prices": ("--prices",),
    "form_files": ("--form-files",),
}
"""Fields of `Settings` that are options too."""
DEFAULTS: Mapping[str, str] = {
    "database_url": "the [block](blocks.md) `benchwright`, else `benchwright.db` in the data directory",
    "embedded_url": "the embedded server of a running `benchwright serve`",
    "pages_url": "the pages of a running `benchwright serve`, else no links",
    "form_files": "no files",
}
"""What holds where a field of `Settings` is None and that alone says too little."""
NOTES: Mapping[str, str] = {
    "database_url": "A path, `sqlite:////WHOLE/PATH` or `postgresql://USER:PASSWORD@HOST/NAME`; "
    "see [which database](blocks.md#which-database).",
    "pages_url": "See [what a run leaves in Prefect](artifacts.md#links-to-benchwrights-own-pages).",
    "embedded_url": "`--embedded` starts one where there is none; by name it is the endpoint `embedded`.",
    "metric_timeout_s": "The score is then a `metric_timed_out`.",
    "pipeline_timeout_s": "The case then fails by name.",
    "import_timeout_s": "The file is then not used; after 5 s a line says that it waits.",
    "document_timeout_s": "The corpus is then refused, and the document named. Three such documents are tried.",
    "document_memory_mib": "The corpus is then refused, and the document named.",
    "start_timeout_s": "See [a busy machine](serving.md#on-a-busy-machine).",
    "sandbox": "See [the sandbox](sandbox.md).",
    "prices": "Or `block:NAME`, from a [block](blocks.md).",
    "form_files": "The file of a metric or a pipeline is code, which then runs.",
}
"""What the docstring of a field leaves to the documents."""

OTHER_OWN = Section(
    title="Benchwright's servers",
    text="Read by the Prefect server that `benchwright serve`, a command or Compose starts "
    "(`deployments.guarded.server`).",
    variables=(
        Variable(
            name="BENCHWRIGHT_ALLOWED_HOSTS",
            type="host names, separated by spaces or commas",
            default="none",
            meaning="Names under which browsers and workers reach the server, beside `localhost`, `127.0.0.1` and "
            "`[::1]`; requests under any other name are refused.",
            options=("--allow-host",),
        ),
        Variable(
            name="BENCHWRIGHT_WEBHOOKS",
            type="addresses, separated by commas",
            default="none",
            meaning="What notifications may call: `https://hooks.example.com, http://10.0.0.5:9000 private`. "
            "`private` allows an address of this machine or of a network of yours. "
            "See [monitoring](monitoring.md).",
            options=("--webhook",),
        ),
    ),
)
MODEL_SERVERS = Section(
    title="Model servers",
    text="An API key stands in a variable whose name you choose: `benchwright endpoints add NAME URL --key-variable "
    "VARIABLE`. Results keep that name, never the key.",
    variables=(
        Variable(
            name="OLLAMA_HOST",
            type="`HOST`, `HOST:PORT`, `:PORT` or a URL",
            default="`http://127.0.0.1:11434`",
            meaning="The server that is asked where no endpoint is named. Ollama itself reads it too.",
            options=("--endpoint",),
        ),
        Variable(
            name="OLLAMA_NUM_PARALLEL",
            type="number",
            default="Ollama's own",
            meaning="Read by Ollama alone: how many requests it serves at once. No server tells it, so say the same "
            "with the option, or measure it: `benchwright endpoints probe NAME`.",
            options=("--slots",),
        ),
    ),
)
SPANS = Section(
    title="Spans",
    text="The HTTP interface sends spans of its requests and of the gateway's calls where one of these names a "
    "collector and the extra is installed: `pip install 'benchwright[tracing]'`. OpenTelemetry documents [all of its "
    "variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).",
    variables=(
        Variable(
            name="OTEL_EXPORTER_OTLP_ENDPOINT",
            type="URL",
            default="none: no span is recorded",
            meaning="The collector; `/v1/traces` is added.",
        ),
        Variable(
            name="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            type="URL",
            default="the one above",
            meaning="The collector of spans alone, in full.",
        ),
        Variable(name="OTEL_SDK_DISABLED", type="true or false", default="false", meaning="`true` sends nothing."),
        Variable(
            name="OTEL_SERVICE_NAME", type="text", default="`benchwright`", meaning="Name of the service in spans."
        ),
    ),
)
PREFECT_READ = Section(
    title="Prefect",
    text="Prefect documents [all of its settings](https://docs.prefect.io/v3/api-ref/settings-ref). Those that "
    "Benchwright reads itself:",
    variables=(
        Variable(
            name="PREFECT_API_URL",
            type="URL that ends with `/api`",
            default="the active profile's; else a command starts a server for itself",
            meaning="The Prefect server that evaluations run on.",
        ),
        Variable(
            name="PREFECT_API_AUTH_STRING",
            type="`USER:PASSWORD`, secret",
            default="the active profile's; for servers that Benchwright started the file `benchwright/password` in "
            "`PREFECT_HOME`",
            meaning="Signs commands, workers and deployments in.",
        ),
        Variable(
            name="PREFECT_SERVER_API_AUTH_STRING",
            type="`USER:PASSWORD`, secret",
            default="`serve` and commands make one; a plain `prefect server start` has none",
            meaning="What the server asks for. Give `PREFECT_API_AUTH_STRING` the same value.",
            options=("--no-password",),
        ),
        Variable(
            name="PREFECT_HOME",
            type="folder",
            default="`~/.prefect`",
            meaning="Prefect's database and profiles; in its folder `benchwright` the logs, addresses and password of "
            "the servers that Benchwright starts.",
        ),
        Variable(
            name="PREFECT_PROFILE",
            type="text",
            default="the profile marked active",
            meaning="The Prefect profile that is looked into.",
        ),
        Variable(
            name="PREFECT_PROFILES_PATH",
            type="path",
            default="`profiles.toml` in `PREFECT_HOME`",
            meaning="The file of Prefect's profiles.",
        ),
        Variable(
            name="PREFECT_SERVER_API_HOST",
            type="address",
            default="`127.0.0.1`",
            meaning="Where `deployments.guarded.server` listens; beyond the loopback it makes a password where none "
            "is set.",
        ),
        Variable(
            name="PREFECT_SERVER_DATABASE_CONNECTION_URL",
            type="URL, secret",
            default="SQLite in `PREFECT_HOME`",
            meaning="Prefect's own database. The guarded server connects to it, to Redis where that is set below, and "
            "to the webhooks that are allowed.",
        ),
        Variable(
            name="PREFECT_API_DATABASE_CONNECTION_URL",
            type="URL, secret",
            default="none",
            meaning="An older name of the same.",
        ),
        Variable(
            name="PREFECT_SERVER_DATABASE_HOST",
            type="host",
            default="none",
            meaning="The same database, named in parts.",
        ),
        Variable(
            name="PREFECT_SERVER_DATABASE_PORT",
            type="number",
            default="5432",
            meaning="Its port.",
        ),
        Variable(
            name="PREFECT_REDIS_MESSAGING_HOST",
            type="host",
            default="none",
            meaning="Redis, where Prefect's messages go through it.",
        ),
        Variable(name="PREFECT_REDIS_MESSAGING_PORT", type="number", default="6379", meaning="Its port."),
        Variable(
            name="PREFECT_SERVER_DOCKET_URL",
            type="URL",
            default="none",
            meaning="Redis, where Prefect's background work goes through it.",
        ),
    ),
)
TERMINAL = Section(
    title="Terminal and system",
    text="",
    variables=(
        Variable(name="COLUMNS", type="number", default="the screen's", meaning="The width of tables, in a pipe too."),
        Variable(
            name="XDG_DATA_HOME",
            type="folder",
            default="`~/.local/share`",
            meaning="On Linux: results lie in `benchwright/benchwright.db` below it (on macOS in "
            "`~/Library/Application Support`).",
        ),
        Variable(
            name="SQLITE_TMPDIR",
            type="folder",
            default="`TMPDIR`",
            meaning="Where SQLite puts its temporary files: `benchwright db prune` needs room there.",
        ),
        Variable(name="TMPDIR", type="folder", default="`/tmp`", meaning="Where temporary files go."),
        Variable(
            name="PATH",
            type="folders",
            default="the shell's",
            meaning="Where programs are found. For the worker of `serve` those of this installation come first.",
        ),
    ),
)
COMPOSE = Section(
    title="Compose",
    text="Read by [`compose.yaml`](../compose.yaml), from the environment or from a file `.env` beside it, and handed "
    "to the services under the names above. `BENCHWRIGHT_ALLOWED_HOSTS` and `BENCHWRIGHT_WEBHOOKS` are passed on too.",
    variables=(
        Variable(
            name="POSTGRES_PASSWORD",
            type="letters and digits, secret",
            default="none; required",
            meaning="Of the database user `benchwright`, for the results and for Prefect.",
        ),
        Variable(
            name="PREFECT_AUTH",
            type="`USER:PASSWORD`, secret",
            default="none; required",
            meaning="What Prefect's pages and API ask for.",
        ),
    ),
)
INTERNAL = Section(
    title="Not for you to set",
    text="Benchwright sets and reads these in processes of its own.",
    variables=(
        Variable(
            name="BENCHWRIGHT_KEY_OF_POOL_NAME",
            type="text, secret",
            default="",
            meaning="The key of the [pool](blocks.md#pools) NAME, while a process asks its servers.",
        ),
        Variable(name="BENCHWRIGHT_PROGRAM", type="text", default="", meaning="Marks processes of the weak sandbox."),
        Variable(
            name="BENCHWRIGHT_HELPER_FOLDER",
            type="folder",
            default="",
            meaning="What is deleted when a server that a command started ends.",
        ),
        Variable(
            name="PREFECT__FLOW_ENTRYPOINT",
            type="text",
            default="",
            meaning="Taken from a flow run's environment: the worker runs our flows and no others.",
        ),
        Variable(
            name="PREFECT__FLOW_RUN_ID",
            type="text",
            default="",
            meaning="Which flow run a worker's process runs; it says so of one that was cancelled before it began.",
        ),
        Variable(
            name="PREFECT_CLIENT_MAX_RETRIES",
            type="number",
            default="",
            meaning="0 for the calls about slots, which are retried by Benchwright.",
        ),
    ),
)
SET_BY_US: Mapping[str, str] = {
    "DO_NOT_TRACK": "Nothing is reported to anybody.",
    "PREFECT_CLI_PROMPT": "Prefect's commands ask nothing.",
    "PREFECT_INTERNAL_LOGGING_LEVEL": "Prefect's log of itself stays off the terminal.",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "What Prefect writes to the terminal; the worker of `serve` writes to "
    "its log file.",
    "PREFECT_LOGGING_SERVER_LEVEL": "What the server logs.",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "Prefect starts no server by itself.",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "The server reports nothing to its maker.",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "Slots are still known after the server was started again; with "
    "Prefect's default, memory, they stay taken for good.",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "Pages of other websites are refused.",
    "PREFECT_SERVER_UI_API_URL": "The pages ask whoever served them.",
    "PREFECT_UI_API_URL": "Its older name; a server that a command starts does not inherit it.",
    "PREFECT_WORKER_QUERY_SECONDS": "How often the worker of `serve` looks for flow runs.",
}
"""What Benchwright sets for the servers and workers that it starts; the values are read from the code."""
SET_TEXT = (
    "In the servers and workers that it starts, and in its own processes unless you have set them. A server that you "
    "start yourself needs `PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE` from you; `compose.yaml` sets it."
)
SECTIONS = (OTHER_OWN, MODEL_SERVERS, SPANS, PREFECT_READ, TERMINAL, COMPOSE, INTERNAL)

INTRODUCTION = """# Settings

Every environment variable that Benchwright reads or sets. This page is written by `docs/tools/settings_page.py`.

What changes a number (benchmark, candidate, repeats, seed) is an option of a command and is stored with the run. What
differs between two machines and changes no number (addresses, keys, folders) is a setting, below. An option wins over
its variable. An empty variable is as if it were not set; one that holds what it must not ends the command with exit
code 2 and the variable's name, never its value. Workers need the same settings as the commands, above all the database.
"""


def own_settings() -> Section:
    """Return the fields of `Settings`, described by their docstrings."""
    docstrings = field_docstrings(Settings)
    prefix = str(Settings.model_config["env_prefix"])
    variables = [
        Variable(
            name=prefix + name.upper(),
            type=_type_in_words(field),
            default=DEFAULTS.get(name) or _default_in_words(field),
            meaning=f"{_without_default(docstrings[name])} {NOTES.get(name, '')}".strip(),
            options=OPTIONS.get(name, ()),
        )
        for name, field in Settings.model_fields.items()
    ]
    return Section(title="Benchwright", text="The class `Settings` in `evaluation/settings.py`.", variables=variables)


def _without_default(docstring: str) -> str:
    """Return a docstring without what None means: the page has a column for it."""
    return re.sub(r"; None: [^.]*", "", docstring)


def _type_in_words(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    words = {SecretStr: "text, secret", str: "text", float: "number", int: "whole number", Path: "path"}
    bounds = [f" above {bound.gt:g}" for bound in field.metadata if getattr(bound, "gt", None) is not None]
    return words[annotation] + "".join(bounds)


def _default_in_words(field: FieldInfo) -> str:
    if field.default is None:
        return "none"
    return f"{field.default:g}" if isinstance(field.default, float) else f"`{field.default}`"


def commands_by_option() -> dict[str, list[str]]:
    """Return for each option of the command line the commands that take it."""
    commands: dict[str, list[str]] = defaultdict(list)
    for words, command in _commands(typer.main.get_command(app), ()):
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                commands[option].append(" ".join(words))
    return commands


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "list_commands"):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from _commands(command.get_command(context, name), (*words, name))


def _options_in_words(options: Sequence[str], commands: Mapping[str, Sequence[str]]) -> str:
    described = []
    for option in options:
        names = commands[option]
        if len(names) == 1:
            described.append(f"`{names[0]} {option}`")
        elif len(names) <= MOST_COMMANDS_NAMED:
            described.append(f"`{option}` of {', '.join(f'`{name}`' for name in names)}")
        else:
            described.append(f"`{option}` of most commands")
    return "; ".join(described)


def values_set_in_code() -> dict[str, set[str]]:
    """Return the values that dictionaries and assignments in the code give to each variable of `SET_BY_US`."""
    values: dict[str, set[str]] = defaultdict(set)
    for path in source_files():
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in SET_BY_US):
            continue  # most files: to walk through all trees takes seconds
        tree = ast.parse(text)
        for key, value in _pairs(tree):
            if isinstance(key, ast.Constant) and key.value in SET_BY_US:
                values[str(key.value)].add(_value_in_words(value, tree))
    return values


def _pairs(tree: ast.Module) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """Return the keys and values of every dictionary, and of every assignment to a subscript."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from zip(node.keys, node.values, strict=True)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            yield node.targets[0].slice, node.value


def _value_in_words(node: ast.expr, tree: ast.Module) -> str:
    """Return a literal or a constant of the module as it stands, else words such as `http://127.0.0.1:PORT`."""
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
        return _value_in_words(_constant(node.args[0].id, tree), tree)
    if isinstance(node, ast.Constant):
        return f"`{node.value!s}`"
    if isinstance(node, ast.JoinedStr):
        parts = [
            str(part.value) if isinstance(part, ast.Constant) else ast.unparse(part).strip("f'\"{}").upper()
            for part in node.values
        ]
        return f"`{''.join(parts)}`"
    raise TypeError(f"no words for {ast.unparse(node)!r}")


def _constant(name: str, tree: ast.Module) -> ast.expr:
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name
    )
    return value


def source_files() -> Iterator[Path]:
    """Return the Python files of the product."""
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def render() -> str:
    """Return the whole page."""
    commands = commands_by_option()
    parts = [INTRODUCTION]
    for section in (own_settings(), *SECTIONS):
        has_default = any(variable.default for variable in section.variables)
        has_options = any(variable.options for variable in section.variables)
        titles = ["variable", "type", *(["default"] if has_default else []), "what it does"]
        rows = [[*titles, *(["also an option"] if has_options else [])]]
        for variable in section.variables:
            cells = [
                f"`{variable.name}`",
                variable.type,
                *([variable.default] if has_default else []),
                variable.meaning,
            ]
            rows.append([*cells, *([_options_in_words(variable.options, commands)] if has_options else [])])
        parts += [f"## {section.title}\n", *([_paragraph(section.text)] if section.text else []), _table(rows)]
    parts += ["## What Benchwright sets for Prefect\n", _paragraph(SET_TEXT), _table(_rows_set_by_us())]
    return "\n".join(parts)


def _rows_set_by_us() -> list[list[str]]:
    values = values_set_in_code()
    rows = [["variable", "value", "why"]]
    for name, why in SET_BY_US.items():
        rows.append([f"`{name}`", " or ".join(sorted(values[name])) or "removed", why])
    return rows


def _paragraph(text: str) -> str:
    return textwrap.fill(text, width=120, break_long_words=False, break_on_hyphens=False) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body, ""])


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
