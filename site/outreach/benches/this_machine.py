"""What this machine is, in facts that anyone may know: no host, no user, no folder."""

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "aiohttp", "asv", "fsspec", "numcodecs", "numpy", "obstore", "tensorstore", "zarr", "zarr-partial",
    "zarrista", "zarrs",
)  # fmt: skip


def default_name() -> str:
    """Return a name such as linux-x86_64-2cores."""
    name = f"{platform.system()}-{platform.machine()}-{os.cpu_count() or 1}cores"
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.")


def name_with_processor(cpu: str) -> str:
    """Return a name such as linux-x86_64-4cores-amd-epyc-7763, where the short one is taken."""
    processor = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\((r|tm)\)", "", cpu.lower())).strip("-")
    return f"{default_name()}-{processor}"[:64].rstrip("-.")


def facts() -> dict[str, Any]:
    """Return the fields of `Environment` that describe the machine and the installed packages."""
    import psutil

    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": package_versions(),
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpu": cpu_model(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": int(psutil.virtual_memory().total),
    }


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that matter; one that is not installed is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def cpu_model() -> str:
    """Return the name of the processor, or "not recorded" where the system does not say."""
    if sys.platform == "linux":
        try:
            lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model", "cpu model") and value.strip():
                return " ".join(value.split())
    if sys.platform == "darwin":
        sysctl = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        asked = subprocess.run(sysctl, capture_output=True, text=True, check=False)  # noqa: S603
        if asked.returncode == 0 and asked.stdout.strip():
            return asked.stdout.strip()
    return platform.processor() or "not recorded"
