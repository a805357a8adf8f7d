"""Options of the commands that serve: who may open their pages, and which files forms may name."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deployments.guarded.origins import NAMES_VARIABLE, allowed_names, host_name
from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import FOLDER_VARIABLE

AllowedHostsOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A host name under which browsers may open the pages, besides localhost."),
]
FormFilesOption = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder of files that forms may use: benchmarks, and metrics, whose code then runs.",
        show_default="none",
    ),
]


def tell_servers(names: Sequence[str], form_files: str | None) -> None:
    """Set the environment variables that the servers and flows of this process read.

    Raises:
        ConfigurationError: a name is not a host name, or there is no such folder.
    """
    try:
        os.environ[NAMES_VARIABLE] = " ".join(host_name(name) for name in (*allowed_names(), *names))
    except ValueError as error:
        raise ConfigurationError(f"{error}", "For example --allow-host bench.example.com") from None
    if form_files is not None:
        if not form_files.strip() or not os.path.isdir(form_files):
            raise ConfigurationError(f"--form-files {form_files!r} is not a folder", "Give an existing folder.")
        os.environ[FOLDER_VARIABLE] = str(Path(form_files).resolve())
