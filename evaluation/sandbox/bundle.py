"""The part of this package that runs inside the sandbox, compiled once, in a folder that holds nothing else."""

import py_compile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_INSIDE = Path(__file__).with_name("inside")
_PACKAGE = Path("evaluation", "sandbox", "inside")


@contextmanager
def bundle() -> Iterator[Path]:
    """A folder from which an interpreter without this project can import what it runs there."""
    with tempfile.TemporaryDirectory(prefix="benchwright-sandbox-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for source in sorted(_INSIDE.glob("*.py")):
            _compile(source, folder / _PACKAGE / f"{source.stem}.pyc")
        for package in _PACKAGE.parents[:-1]:
            _compile(_INSIDE / "__init__.py", folder / package / "__init__.pyc")
        yield folder


def _compile(source: Path, target: Path) -> None:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), cfile=str(target), dfile=source.name, doraise=True, invalidation_mode=mode)


def start_code(side: str, folder: str) -> str:
    """The code that starts a side, `program` or `checker`, from the bundle in `folder`."""
    return (
        f"import sys; sys.path.insert(0, {folder!r}); from evaluation.sandbox.inside.{side} import main; "
        "del sys.path[0]; main()"
    )
