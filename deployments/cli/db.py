"""`benchwright db`."""

import typer

db = typer.Typer(no_args_is_help=True)
