"""`benchwright benchmarks`."""

import typer

benchmarks = typer.Typer(no_args_is_help=True)
