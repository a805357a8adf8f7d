"""`benchwright runs`."""

import typer

runs = typer.Typer(no_args_is_help=True)
