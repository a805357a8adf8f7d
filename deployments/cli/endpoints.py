"""`benchwright endpoints`."""

import typer

endpoints = typer.Typer(no_args_is_help=True)
