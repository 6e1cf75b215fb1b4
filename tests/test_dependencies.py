"""What `abm` imports is declared, what is declared is used, and each has bounds."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import abm

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OF_ANOTHER = {
    "annotated_types": "pydantic",
    "pydantic_core": "pydantic",
    "llvmlite": "numba",
    "dask": "distributed",
    "fastapi": "nicegui",
    "starlette": "nicegui",
    "traitlets": "anywidget",
    "solara": "mesa",
}
"""Parts of a declared package, which asks for the one version that fits it."""
APART = {"app/pages": {"nicegui"}, "app/server.py": {"nicegui"}, "view/widget.py": {"anywidget"}}
"""Files that are imported on demand as a whole, and what they may import of extras."""
CHANGING = {"mesa", "numba"}
"""Packages of which more is used than what they promise to keep: a new release may break it."""


def declared(requirements: list[str]) -> dict[str, str]:
    """Distribution name, in lower case, to its bounds."""
    return {
        match[1].lower(): match[2]
        for match in (re.fullmatch(r"([\w.-]+)(?:\[\w+\])?(.*)", text) for text in requirements)
    }


ALWAYS = declared(PROJECT["dependencies"])
EXTRAS = {name: declared(requirements) for name, requirements in PROJECT["optional-dependencies"].items()}
ON_DEMAND = (
    EXTRAS["cluster"]
    | EXTRAS["sensitivity"]
    | EXTRAS["trials"]
    | EXTRAS["calibrate"]
    | EXTRAS["export"]
    | EXTRAS["app"]
    | EXTRAS["notebook"]
)


def imported() -> dict[str, set[str]]:
    """Distribution name of everything foreign that `abm` imports, and whether "always" or "on demand", inside of a function."""
    sold_as = packages_distributions()
    found = {}
    for path in Path(abm.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text())
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else ([node.module] if isinstance(node, ast.ImportFrom) and not node.level else [])
            )
            for name in {name.split(".")[0] for name in names} - {"abm", *sys.stdlib_module_names}:
                of = (OF_ANOTHER.get(name) or sold_as.get(name, [name])[0]).lower().replace("_", "-")
                place = path.relative_to(Path(abm.__file__).parent).as_posix()
                apart = any(place.startswith(file) and of in extras for file, extras in APART.items())
                found.setdefault(of, set()).add("on demand" if id(node) in inside or apart else "always")
    return found


def test_every_import_is_declared():
    found = imported()
    assert set(found) <= set(ALWAYS) | set(ON_DEMAND)
    assert {name for name, when in found.items() if "always" in when} <= set(ALWAYS)


def test_everything_declared_is_used():
    pages = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    shown = {name for line in re.findall(r"^import (.*)$", pages, re.MULTILINE) for name in line.split(", ")}
    assert set(ALWAYS) | set(ON_DEMAND) <= set(imported()) | shown


def test_every_declared_version_has_a_floor_and_what_changes_a_ceiling():
    for requirements in (ALWAYS, *EXTRAS.values()):
        for name, bounds in requirements.items():
            assert re.fullmatch(r">=[\d.]+(,<[\d.]+)?", bounds), f"{name}{bounds}"
            assert (",<" in bounds) == (name in CHANGING), f"{name}{bounds}"


def test_a_package_has_one_floor_wherever_it_is_declared():
    for requirements in EXTRAS.values():
        for name, bounds in requirements.items():
            assert {other.get(name, bounds) for other in (ALWAYS, *EXTRAS.values())} == {bounds}, name
