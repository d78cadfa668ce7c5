"""What a process and everything that it started cost."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are not installed

SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Cost:
    """The cost of one process tree."""

    cpu_seconds: float  # user and system, of the process and of the children that it waited for
    wall_seconds: float
    peak_megabytes: float  # resident memory of the tree at its highest sample, pages that are shared counted twice
    exit_code: int


def measure(command: list[str], log: Path) -> Cost:
    """Run a command to its end, with its output in `log`."""
    started = time.perf_counter()
    with log.open("ab") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        peak = 0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, _resident(process.pid))
            time.sleep(SAMPLE_SECONDS)
        process.returncode = os.waitstatus_to_exitcode(status)
    own_peak = usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)  # bytes there, kilobytes here
    return Cost(
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        wall_seconds=time.perf_counter() - started,
        peak_megabytes=max(peak, own_peak) / 1e6,
        exit_code=process.returncode,
    )


def _resident(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_resident_alone(member) for member in tree)


def _resident_alone(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
