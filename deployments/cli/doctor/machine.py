"""Resources of this machine: memory, GPUs, free disk space."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tasks.telemetry.nvml import open_gpus

_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A GPU as its driver describes it."""

    name: str
    memory_bytes: int | None
    """Memory of the GPU; None where it shares the machine's memory and the driver does not report it."""


def memory_bytes() -> int | None:
    """Return the memory that this process may use: all of the machine's, or its container's share.

    None: unknown here.
    """
    try:
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return min([physical, *(limit for path in _CGROUP_LIMITS if (limit := _limit(path)) is not None)])


def _limit(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def gpus() -> tuple[Gpu, ...]:
    """Return the NVIDIA GPUs of this machine; none where there is no driver."""
    with open_gpus() as nvidia_gpus:
        return tuple(Gpu(name=gpu.name, memory_bytes=gpu.memory_total_bytes()) for gpu in nvidia_gpus)


def free_bytes(path: Path) -> int:
    """Return the free space on the disk that holds `path`, or would."""
    there = next(folder for folder in (path, *path.absolute().parents) if os.path.exists(folder))
    return shutil.disk_usage(there).free
