"""The built wheel in an environment that has nothing but what it asks for: an agency's machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy.supervision import ROOT

PARTS = ("pyproject.toml", "solieu.py", "services", "schemas")
SERVERS = ("aiokafka", "alembic", "fastapi", "faust", "psycopg", "sqlmodel", "uvicorn")


def needed(requirement: Requirement, known: dict[str, Distribution]) -> None:
    """Adds the distribution that meets a requirement here, and those that it requires itself."""
    found = distribution(requirement.name)
    for extra in {"", *requirement.extras}:
        if f"{found.name}[{extra}]" in known:
            continue
        known[f"{found.name}[{extra}]"] = found
        for line in found.requires or ():
            further = Requirement(line)
            if further.marker is None or further.marker.evaluate({"extra": extra}):
                needed(further, known)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The interpreter of an environment with `solieu[connector]` in it, from the packages of this one."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(ROOT / part, source / part)
    uv = Path(sys.executable).with_name("uv")
    build = ("build", "--offline", "--no-build-isolation", "--python", sys.executable, "--wheel")
    subprocess.run([uv, *build, "--out-dir", folder, source], check=True, capture_output=True)
    shutil.rmtree(source)
    environment = folder / "environment"
    subprocess.run([uv, "venv", "--python", sys.executable, environment], check=True)
    here = environment / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    install = ("pip", "install", "--offline", "--no-deps", "--python", here, wheel)
    subprocess.run([uv, *install], check=True, capture_output=True)
    (packages,) = environment.glob("lib/*/site-packages")
    known: dict[str, Distribution] = {}
    (metadata,) = packages.glob("solieu-*.dist-info")
    for line in Distribution.at(metadata).requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": "connector"}):
            needed(requirement, known)
    for found in known.values():
        for file in found.files or ():
            place = packages / file
            if ".." not in file.parts and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(Path(str(found.locate_file(file))))
    yield here


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, away from the sources and with none of their settings."""
    program = [str(python)] if arguments[0] == "-c" else [str(python.with_name("solieu"))]
    command = [*program, *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        command, cwd=python.parent, env=kept, capture_output=True, text=True, timeout=120
    )


def test_the_codes_are_listed(python: Path) -> None:
    done = run(python, "codes", "--json")
    assert done.returncode == 0, done.stderr
    assert "row_unknown" in done.stdout


def test_a_blank_form_is_written_and_checked(python: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank.xlsx"
    about = ("--period", "2026-Q3", "--area", "11")
    written = run(python, "template", "cv17809-6", *about, "-o", str(blank))
    assert written.returncode == 0, written.stderr
    page = tmp_path / "report.html"
    ends = ("--json", "--html", str(page), "--marked", str(tmp_path / "marked.xlsx"))
    done = run(python, "check", str(blank), "--form", "cv17809-6", *about, *ends)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["counts"]["error"]
    assert "<html" in page.read_text(encoding="utf-8")


def test_a_table_is_validated(python: Path, tmp_path: Path) -> None:
    table, rules = tmp_path / "table.csv", tmp_path / "rules.yaml"
    table.write_text("part,whole\n1,2\n3,2\n", encoding="utf-8")
    rules.write_text("rules: [{id: share, expression: part <= whole}]\n", encoding="utf-8")
    done = run(python, "validate", str(table), "--rules", str(rules), "--json")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["rules"][0]["fail"] == 1


def test_the_matrix_says_what_it_needs(python: Path) -> None:
    done = run(python, "policy", "matrix")
    assert done.returncode == 2
    assert "SOLIEU_OPERATOR_TOKEN" in done.stderr + done.stdout


def test_a_program_imports_the_connector(python: Path) -> None:
    lines = "from solieu import Connector, Key; print(Key.generate('sender').sender)"
    done = run(python, "-c", lines)
    assert (done.returncode, done.stdout) == (0, "sender\n"), done.stderr


@pytest.mark.parametrize("package", SERVERS)
def test_nothing_of_the_servers_is_there(python: Path, package: str) -> None:
    done = run(python, "-c", f"import {package}")
    assert "ModuleNotFoundError" in done.stderr


def test_a_servers_command_says_what_to_install(python: Path) -> None:
    done = run(python, "topics", "list")
    assert done.returncode == 2
    assert "solieu[server]" in done.stderr
    assert "Traceback" not in done.stderr
