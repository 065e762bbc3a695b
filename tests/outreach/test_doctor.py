"""The doctor on broken machines: each is a PATH of small programs, a folder, a closed port."""

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach import doctor
from outreach.doctor import Finding, Machine, examine, told

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "site" / "outreach" / "doctor.py"


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """Programs of a machine on which nothing is missing; Git is the real one."""
    folder = tmp_path / "bin"
    real = shutil.which("git")
    assert real
    program(folder, "git", f'HOME={tmp_path} exec {real} "$@"')
    program(folder, "uv", "echo uv 0.9.1")
    program(folder, "cc", "exit 0")
    (tmp_path / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "mkdocs.yml").touch()
    subprocess.run(["git", "init", "-q", "-b", "my-change", str(folder)], check=True)
    return folder


@pytest.fixture
def machine(bin_folder: Path, clone: Path) -> Machine:
    return Machine(clone, system="Linux", python=(3, 13, 0), path=str(bin_folder), hosts=(), free_gb=50.0)


def changed(machine: Machine, **changes: object) -> Machine:
    return Machine(**{**machine.__dict__, **changes})  # type: ignore[arg-type]


def finding(machine: Machine, name: str) -> Finding:
    return next(each for each in examine(machine) if each.name == name)


def test_on_a_good_machine_all_is_fine(machine: Machine) -> None:
    assert {each.name: each.state for each in examine(machine)} == dict.fromkeys(
        ("git", "git identity", "Python", "uv", "network", "disk", "compiler", "clone"), "fine"
    )
    assert told(examine(machine)).endswith("ready to begin")


@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows", "FreeBSD"])
@pytest.mark.parametrize("name", ["git", "uv"])
def test_a_program_that_is_missing_comes_with_how_to_install_it(
    name: str, system: str, machine: Machine, bin_folder: Path
) -> None:
    (bin_folder / name).unlink()
    found = finding(changed(machine, system=system), name)
    assert found.state == "missing"
    assert found.found == "not found, or it does not run"
    assert any(word in found.fix for word in ("install", "https://"))


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("echo uv 0.4.30", "0.4.30, older than 0.5"),
        ("exit 3", "not found, or it does not run"),
        ("echo hello", "'hello' in place of a version"),
    ],
    ids=["old", "fails", "strange"],
)
def test_a_program_that_does_not_do_is_missing(
    script: str, found: str, machine: Machine, bin_folder: Path
) -> None:
    program(bin_folder, "uv", script)
    assert finding(machine, "uv") == Finding("uv", "missing", found, doctor.INSTALL["uv"]["Linux"])


def test_commits_need_a_name_and_an_address(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\nname = Ada\n")
    found = finding(machine, "git identity")
    assert (found.state, found.found) == ("missing", "no user.email")
    assert found.fix == 'git config --global user.email "you@example.org"'


def test_an_old_python_is_no_obstacle_but_is_named(machine: Machine) -> None:
    found = finding(changed(machine, python=(3, 9, 2)), "Python")
    assert (found.state, found.found) == ("later", "3.9.2, older than 3.12")


def test_a_full_disk_names_the_lane_that_fits(machine: Machine) -> None:
    found = finding(changed(machine, free_gb=0.4), "disk")
    assert (found.state, found.found) == ("later", "0.4 GB free, of 3 GB")
    assert "gallery entries" in found.fix


def test_without_a_compiler_it_says_who_needs_one(machine: Machine, bin_folder: Path) -> None:
    (bin_folder / "cc").unlink()
    found = finding(machine, "compiler")
    assert found.state == "later"
    assert "numcodecs needs one" in found.found


@pytest.fixture
def closed_port() -> Iterator[str]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{sock.getsockname()[1]}"


def test_a_network_that_refuses_is_missing(machine: Machine, closed_port: str) -> None:
    found = finding(changed(machine, hosts=(closed_port,)), "network")
    assert found.state == "missing"
    assert found.found == "127.0.0.1: Connection refused"
    assert "another network" in found.fix


def test_a_host_that_speaks_no_tls_is_told_from_one_that_is_silent(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n")
                peer.recv(4096)

        thread = threading.Thread(target=greet)
        thread.start()
        found = finding(changed(machine, hosts=(f"127.0.0.1:{server.getsockname()[1]}",)), "network")
        thread.join()
    assert "certificate" in found.found
    assert "SSL_CERT_FILE" in found.fix


def test_behind_a_proxy_the_network_is_reached_through_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git and uv follow HTTPS_PROXY; a doctor that does not would call a good network missing."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(10)
        asked: list[bytes] = []

        def refuse() -> None:
            peer, _ = proxy.accept()
            with peer:
                asked.append(peer.recv(4096))
                peer.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        for name in ("NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        found = finding(changed(machine, hosts=("host.example:443",)), "network")
        thread.join()
    assert asked[0].startswith(b"CONNECT host.example:443 ")
    assert found.state == "missing"
    assert "407 Proxy Authentication Required" in found.found
    assert "HTTPS_PROXY" in found.fix


def test_a_download_without_history_is_no_clone(machine: Machine, tmp_path: Path) -> None:
    folder = tmp_path / "zip"
    folder.mkdir()
    (folder / "mkdocs.yml").touch()
    found = finding(changed(machine, folder=folder), "clone")
    assert (found.state, found.found) == ("missing", "files without a history, as a ZIP download has them")


def test_work_on_main_is_warned_of(machine: Machine, clone: Path) -> None:
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"], cwd=clone, check=True)
    found = finding(machine, "clone")
    assert (found.state, found.found) == ("later", "on main")
    assert found.fix.startswith("git switch -c")


def test_it_runs_before_anything_is_installed(clone: Path) -> None:
    """With no package at all, isolated from this environment."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SOURCE), "--offline", "--json"],
        cwd=clone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert [each["name"] for each in json.loads(done.stdout)][:2] == ["git", "git identity"]


def test_the_exit_code_says_whether_something_is_missing(
    machine: Machine, bin_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(machine.folder)
    monkeypatch.setenv("PATH", str(bin_folder))
    assert doctor.main(["--offline"]) == 0
    (bin_folder / "uv").unlink()
    assert doctor.main(["--offline"]) == 1
    assert "missing: uv" in capsys.readouterr().out
