"""`benchwright models`."""

import typer

models = typer.Typer(no_args_is_help=True)
