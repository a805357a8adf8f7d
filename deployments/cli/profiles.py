"""`benchwright profiles`."""

import typer

profiles = typer.Typer(no_args_is_help=True)
