"""The Python interpreter that runs the programs, and the folders of this machine that it needs."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evaluation.errors import SandboxError
from evaluation.machine_load import busy_words, stretched_s
from evaluation.sandbox.weak_isolation import readable_by_all

_STARTED_BY = ("-I", "-S", "-B", "-X", "utf8")
_LOOK = """
import json, sys, sysconfig
for name in ("bz2", "ctypes", "decimal", "hashlib", "lzma", "readline", "sqlite3", "ssl", "uuid", "zlib",
             "xml.parsers.expat"):
    try:
        __import__(name)
    except ImportError:
        pass
libraries = set()
try:
    with open("/proc/self/maps") as file:
        words = [line.split(maxsplit=5) for line in file]
    libraries = {each[5].strip() for each in words if len(each) > 5 and ".so" in each[5]}
except OSError:
    pass
print(json.dumps([sorted(libraries), sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python interpreter with only its standard library."""

    executable: str
    library_folders: tuple[str, ...]
    """Folders of the standard library, without other packages."""
    system_folders: tuple[str, ...]
    """Folders of the machine's shared libraries that the interpreter loads."""

    def argv(self, code: str, *words: str) -> list[str]:
        """Return the arguments that start it on `code`, without any of the machine's settings and packages."""
        return [self.executable, *_STARTED_BY, "-c", code, *words]


@lru_cache(maxsize=2)
def find_interpreter(*, for_any_user: bool = False) -> Interpreter:
    """Return the Python that this process runs on, outside its virtual environment.

    Args:
        for_any_user: Require one that every user can read, so that programs need not run as root; where this one is
            not, another installation of the same version on this machine.

    Raises:
        SandboxError: it does not start, or there is none that every user can read.
    """
    own = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    if not for_any_user:
        return _looked_at(own)
    for executable in dict.fromkeys((own, *_others_of_this_version())):
        interpreter = _looked_at(executable)
        if readable_by_all(interpreter.executable, *interpreter.library_folders):
            return interpreter
    raise SandboxError(
        f"programs would run as root: other users cannot read the Python at {own!r}",
        "Run it as another user, or install bubblewrap (`apt-get install bubblewrap`)",
    )


def _others_of_this_version() -> list[str]:
    names = [f"python{sys.version_info.major}.{sys.version_info.minor}"]
    folders = ("/usr/local/bin", "/usr/bin", "/opt/python/bin")
    return [
        os.path.realpath(executable)
        for name in names
        if (executable := shutil.which(name, path=os.pathsep.join(folders)))
    ]


def _looked_at(executable: str) -> Interpreter:
    try:
        argv = [executable, *_STARTED_BY, "-c", _LOOK]
        looked = subprocess.run(argv, capture_output=True, text=True, timeout=stretched_s(60), check=True, env={})
    except subprocess.TimeoutExpired as error:
        raise SandboxError(
            f"the Python that would run the programs, {executable!r}, did not start within {error.timeout:.0f} s",
            f"{busy_words() or 'nothing else keeps the machine busy'}: try again later",
        ) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(
            f"the Python that would run the programs, {executable!r}, does not start: {error}",
            "Use a Python that is installed whole",
        ) from error
    libraries, *folders = json.loads(looked.stdout)
    own = tuple(dict.fromkeys(os.path.realpath(folder) for folder in folders))
    library_folders = {str(Path(library).parent) for library in libraries}
    outside = sorted(folder for folder in library_folders if not _is_within(folder, own))
    loaders = [folder for folder in ("/lib64", "/usr/lib64") if Path(folder).is_dir() and not Path(folder).is_symlink()]
    return Interpreter(executable, own, tuple(dict.fromkeys([*outside, *loaders])))


def _is_within(folder: str, others: tuple[str, ...]) -> bool:
    return any(Path(folder).is_relative_to(other) for other in others)
