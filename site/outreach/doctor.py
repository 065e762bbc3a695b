"""What a first contribution needs of a machine, and the fix for what is missing.

It imports nothing but Python's own modules, so that it runs before anything is installed:
`python3 site/outreach/doctor.py`, in a clone; with everything installed, `uv run outreach doctor`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GIT = (2, 28)
PYTHON = (3, 12)
UV = (0, 5)
DISK_GB = 3.0
TIMEOUT = 5.0
# Where packages come from uv knows, and says if it cannot get there.
HOSTS = ("github.com:443",)

# How to install a program, by system; what is not listed is looked up on the page named last.
INSTALL: dict[str, dict[str, str]] = {
    "git": {
        "Linux": "sudo apt install git (Debian, Ubuntu) or sudo dnf install git (Fedora)",
        "Darwin": "xcode-select --install",
        "Windows": "winget install --id Git.Git, then open a new terminal",
    },
    "uv": {
        "Linux": "python3 -m pip install --user uv, or curl -LsSf https://astral.sh/uv/install.sh | sh",
        "Darwin": "brew install uv, or curl -LsSf https://astral.sh/uv/install.sh | sh",
        "Windows": "winget install --id astral-sh.uv, then open a new terminal",
    },
    "compiler": {
        "Linux": "sudo apt install build-essential (Debian, Ubuntu) or sudo dnf install gcc gcc-c++ (Fedora)",
        "Darwin": "xcode-select --install",
        "Windows": "winget install --id Microsoft.VisualStudio.2022.BuildTools, with the C++ workload",
    },
}


@dataclass(frozen=True)
class Finding:
    """One check: `state` is "fine", "missing" (nothing works without it) or "later" (some work needs it)."""

    name: str
    state: str
    found: str
    fix: str = ""


@dataclass(frozen=True)
class Machine:
    """What the checks look at; tests give broken ones."""

    folder: Path
    system: str = field(default_factory=platform.system)
    python: tuple[int, ...] = tuple(sys.version_info[:3])
    path: str = field(default_factory=lambda: os.environ.get("PATH", ""))
    hosts: tuple[str, ...] = HOSTS
    free_gb: float | None = None

    def run(self, *command: str) -> str | None:
        """Return what a program prints, None if there is none or it fails."""
        program = shutil.which(command[0], path=self.path)
        if program is None:
            return None
        environment = dict(os.environ, PATH=self.path, GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
        try:
            done = subprocess.run(  # noqa: S603 - programs of the machine, arguments of ours
                [program, *command[1:]],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=20,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None


def check_git(machine: Machine) -> Finding:
    """Look for Git, new enough to name a first branch."""
    said = machine.run("git", "--version")
    return _versioned(
        "git", said, GIT, INSTALL["git"].get(machine.system, "see https://git-scm.com/downloads")
    )


def check_identity(machine: Machine) -> Finding:
    """Look for the name and the address that commits need."""
    lacking = [key for key in ("user.name", "user.email") if not machine.run("git", "config", "--get", key)]
    if not lacking:
        return Finding("git identity", "fine", "name and address are set")
    example = {"user.name": '"Your Name"', "user.email": '"you@example.org"'}
    fix = " && ".join(f"git config --global {key} {example[key]}" for key in lacking)
    return Finding("git identity", "missing", f"no {' and no '.join(lacking)}", fix)


def check_python(machine: Machine) -> Finding:
    """Compare this Python with what the projects need; uv can bring a newer one."""
    text = ".".join(map(str, machine.python))
    if machine.python >= PYTHON:
        return Finding("Python", "fine", text)
    wanted = ".".join(map(str, PYTHON))
    return Finding("Python", "later", f"{text}, older than {wanted}", f"nothing: uv brings Python {wanted}")


def check_uv(machine: Machine) -> Finding:
    """Look for uv, with which all commands of this project begin."""
    said = machine.run("uv", "--version")
    fallback = "see https://docs.astral.sh/uv/getting-started/installation/"
    return _versioned("uv", said, UV, INSTALL["uv"].get(machine.system, fallback))


def check_network(machine: Machine) -> Finding:
    """Ask whether GitHub and the package index answer, with certificates this machine trusts."""
    with ThreadPoolExecutor(max(1, len(machine.hosts))) as pool:
        failures = [text for text in pool.map(_reach, machine.hosts) if text]
    if not failures:
        names = ", ".join(host.partition(":")[0] for host in machine.hosts)
        return Finding("network", "fine", f"{names or 'nobody'} answers")
    if any("certificate" in text for text in failures):
        fix = "a proxy replaces certificates: set SSL_CERT_FILE to its certificate, or use another network"
    else:
        fix = "try another network or a phone's; behind a proxy set HTTPS_PROXY; at a sprint ask a mentor"
    return Finding("network", "missing", "; ".join(failures), fix)


def check_disk(machine: Machine) -> Finding:
    """Look for room for a checkout with what it installs."""
    free = machine.free_gb if machine.free_gb is not None else shutil.disk_usage(machine.folder).free / 1e9
    if free >= DISK_GB:
        return Finding("disk", "fine", f"{free:.0f} GB free")
    fix = "free some, or use the lane for gallery entries: it installs less than 100 MB"
    return Finding("disk", "later", f"{free:.1f} GB free, of {DISK_GB:.0f} GB", fix)


def check_compiler(machine: Machine) -> Finding:
    """Look for a C compiler, which only numcodecs and other compiled projects need."""
    names = ("cl", "clang") if machine.system == "Windows" else ("cc", "gcc", "clang")
    found = next((name for name in names if shutil.which(name, path=machine.path)), None)
    if found:
        return Finding("compiler", "fine", found)
    fix = INSTALL["compiler"].get(machine.system, "install a C compiler")
    return Finding("compiler", "later", "none; numcodecs needs one, Zarr-Python does not", fix)


def check_clone(machine: Machine) -> Finding:
    """Look whether the folder is a clone, not a download, and on a branch of its own."""
    inside = machine.run("git", "rev-parse", "--show-toplevel")
    if inside is None:
        fix = "git clone https://github.com/YOUR-NAME/REPOSITORY, of your fork, and run this in it"
        if (machine.folder / "mkdocs.yml").is_file():
            return Finding("clone", "missing", "files without a history, as a ZIP download has them", fix)
        return Finding("clone", "missing", "no clone here", fix)
    if not (Path(inside) / "mkdocs.yml").is_file():
        return Finding("clone", "later", "a clone of another project", "nothing, if that is what you work on")
    branch = machine.run("git", "symbolic-ref", "--short", "HEAD")
    if branch in (None, "main", "master"):
        found = f"on {branch}" if branch else "on no branch"
        return Finding("clone", "later", found, "git switch -c my-change, before the first commit")
    return Finding("clone", "fine", f"on the branch {branch}")


CHECKS: tuple[Callable[[Machine], Finding], ...] = (
    check_git, check_identity, check_python, check_uv, check_network, check_disk, check_compiler, check_clone,
)  # fmt: skip


def examine(machine: Machine, *, offline: bool = False) -> list[Finding]:
    """Return what every check finds, in the order in which things are needed."""
    return [check(machine) for check in CHECKS if not (offline and check is check_network)]


def told(findings: list[Finding]) -> str:
    """Return the findings as a person reads them, with what to do under each that is not fine."""
    marks = {"fine": "ok", "later": "later", "missing": "MISSING"}
    lines = []
    for each in findings:
        lines.append(f"{marks[each.state]:<8} {each.name:<13} {each.found}")
        if each.fix:
            lines.append(f"{'':<8} {'':<13} -> {each.fix}")
    missing = [each.name for each in findings if each.state == "missing"]
    lines.append("")
    lines.append(f"missing: {', '.join(missing)}" if missing else "ready to begin")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run as a script; return the exit code: 1 if something is missing."""
    parser = argparse.ArgumentParser(prog="doctor", description="Check what a first contribution needs.")
    parser.add_argument("--offline", action="store_true", help="do not look whether hosts answer")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    given = parser.parse_args(arguments)
    findings = examine(Machine(Path.cwd()), offline=given.offline)
    text = json.dumps([asdict(each) for each in findings], indent=2) if given.json else told(findings)
    sys.stdout.write(text + "\n")
    return int(any(each.state == "missing" for each in findings))


def _versioned(name: str, said: str | None, wanted: tuple[int, ...], install: str) -> Finding:
    least = ".".join(map(str, wanted))
    if said is None:
        return Finding(name, "missing", "not found, or it does not run", install)
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if numbers is None:
        return Finding(name, "missing", f"{said[:60]!r} in place of a version", install)
    version = tuple(int(part) for part in numbers.groups(default="0"))
    if version < wanted:
        return Finding(name, "missing", f"{numbers[0]}, older than {least}", install)
    return Finding(name, "fine", numbers[0])


def _reach(place: str) -> str:
    """Return "" if a host answers with a certificate of its name, else in words what happened.

    HTTPS_PROXY counts, as it does for Git and uv: what is behind a proxy is reached through it.
    """
    host, _, port = place.rpartition(":")
    address = f"https://{host}/" if port == "443" else f"https://{place}/"
    try:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - https only
        # An opener of its own: the one that Python keeps has the proxies of its first use.
        with urllib.request.build_opener().open(request, timeout=TIMEOUT):
            return ""
    except urllib.error.HTTPError:
        return ""  # An answer is an answer, also one that refuses.
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLError):
            return f"{host}: no certificate that this machine trusts"
        said = reason.strerror or str(reason) if isinstance(reason, OSError) else str(reason)
        return f"{host}: {said or type(reason).__name__}"


if __name__ == "__main__":
    sys.exit(main())
