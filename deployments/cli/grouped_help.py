"""Help of commands with many options, grouped under headings in the order in which a reader needs them."""

from collections.abc import Mapping

from typer.core import TyperCommand

OWN = "Options"
"""Heading of the options that only one command has: a comparison's sides, a race's method."""
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "Cases": ("benchmark", "field", "ignore_field", "prompt", "limit", "level", "repeats", "seed", "file"),
    "Models": ("model", "candidate", "option", "system", "profile"),
    "Servers": ("endpoint", "slots", "gpu_tag", "provider", "embedded", "allow_remote", "spread"),
    "Failures and timeouts": ("max_failures", "timeout", "case_timeout"),
    "Scoring": ("metric", "judge", "embedder", "sandbox", "prices"),
    "Checks": ("fail_under", "fail_on_regression", "regression_of", "junit"),
    "Resuming and planning": ("resume", "reuse", "dry_run", "experiment", "publish"),
    "Output": ("show", "history", "flips", "db", "json_", "help"),
}


class GroupedCommand(TyperCommand):
    """A command whose help groups its options under these headings."""

    def format_options(self, ctx, formatter) -> None:  # type: ignore[no-untyped-def]  # typer's own types are private
        """Write each option under its heading, those of the command itself first."""
        heading_of = {name: heading for heading, names in HEADINGS.items() for name in names}
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], OWN: [], **{name: [] for name in HEADINGS}}
        for parameter in self.get_params(ctx):
            if (record := parameter.get_help_record(ctx)) is None:
                continue
            is_argument = parameter.param_type_name == "argument"
            heading = "Arguments" if is_argument else heading_of.get(parameter.name or "", OWN)
            sections[heading].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
