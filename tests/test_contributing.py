"""What contributors and packagers are told to do works: constraints, container, issue forms, commands."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))


def test_the_constraints_are_of_the_dependencies_and_inside_their_bounds():
    fixed: dict[str, list[str]] = {}
    for name, held in re.findall(r"^([\w.-]+)==([\w.]+)", CONSTRAINTS, re.MULTILINE):
        fixed.setdefault(name, []).append(held)
    for requirement in PROJECT["dependencies"]:
        name, floor, ceiling = re.fullmatch(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)(?:,<([\d.]+))?", requirement).groups()
        assert fixed.get(name.lower()), name
        for held in fixed[name.lower()]:
            assert version(floor) <= version(held) and (not ceiling or version(held) < version(ceiling)), name


def test_the_command_that_made_the_constraints_is_told():
    [command] = re.findall(r"^#\s+(uv pip compile .*)$", CONSTRAINTS, re.MULTILINE)
    assert command in TEXT


def test_extras_and_files_that_are_named_exist():
    for extra in re.findall(r"\.\[(\w+)\]", TEXT):
        assert extra in PROJECT["optional-dependencies"]
    for name in re.findall(r"`((?:docs|tests|configs)/[\w./]*)`", TEXT):
        assert (ROOT / name).exists(), name


def test_the_container_gets_all_that_the_package_needs():
    docker = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {word for line in re.findall(r"^COPY (.*) \S+$", docker, re.MULTILINE) for word in line.split()}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert copied == kept and ignored[0] == "*"
    assert all((ROOT / name).exists() for name in copied)
    assert copied >= {"pyproject.toml", "abm", "configs", PROJECT["readme"], *PROJECT["license-files"]}


def test_issue_forms_have_what_a_code_host_asks_for():
    forms = [path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert {path.stem for path in forms} == {"bug", "biology"}
    for path in forms:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert form["name"] and form["description"]
        names = [part["id"] for part in form["body"]]
        assert len(set(names)) == len(names)
        assert all(part["type"] in ("textarea", "input") and part["attributes"]["label"] for part in form["body"])
        assert any(part.get("validations", {}).get("required") for part in form["body"])
