"""`outreach doctor`: the checks of `outreach.doctor` as a command."""

import sys

import click

from outreach import doctor as checks


@click.command()
@click.option("--offline", is_flag=True, help="Do not look whether hosts answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(offline: bool, as_json: bool) -> None:
    """Check what a first contribution needs: Git, Python, uv, network, disk, compiler, clone; with fixes.

    Before anything is installed the same runs with any Python: python3 site/outreach/doctor.py

    \b
    Examples:
      outreach doctor
      outreach doctor --offline
    """
    code = checks.main([*(["--offline"] if offline else []), *(["--json"] if as_json else [])])
    if code:
        sys.exit(code)
