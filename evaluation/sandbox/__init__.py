"""The sandbox: model-written programs run in isolation, and are checked where they cannot interfere."""

from evaluation.sandbox.isolation import describe_isolation, isolation
from evaluation.sandbox.isolation_kinds import Isolation
from evaluation.sandbox.running import run_programs
from evaluation.sandbox.supervision import CancelledError

__all__ = ["CancelledError", "Isolation", "describe_isolation", "isolation", "run_programs"]
