"""The order of the house: a folder imports only what stands below it, no two files need each other, and Mesa is touched in few
places. Imports for type checkers and those inside of functions count like all others."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import abm
from abm.folder import manifest

ROOT = Path(abm.__file__).parent
FLOORS = [
    "cli",
    "app",
    "commands",
    "report",
    "opened",
    "export",
    "kept",
    "trials",
    "published",
    "levers",
    "clinical",
    "comparison",
    "batches",
    "view",
    "measures",
    "simulation",
    "invariants",
    "record",
    "estimate",
    "model",
    "config",
    "interventions",
    "lesions",
    "rules",
    "liver",
    "pharmacology",
    "moments",
    "registry",
    "ledger",
    "blood",
    "cells",
    "fields",
    "target",
    "tissue",
    "folder",
    "statistics",
    "extras",
    "notebook",
    "progress",
    "kernels",
    "units",
]
"""From the roof down: a room may use what stands behind it here."""
MESA = {"model.py", "tissue/grid.py", "cells/population.py", "view/solara_view.py"}
FILES = {
    path: path.relative_to(ROOT)
    for path in sorted(ROOT.rglob("*.py"))
    if "configs" not in path.relative_to(ROOT).parts and path not in (ROOT / "__init__.py", ROOT / "__main__.py")
}
"""Every file of the package but its face, which makes public names when they are asked for."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path):
    """Absolute names of the modules that a file imports, and of what it takes out of packages (`from .view import style`)."""
    package = ["abm", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            taken = [f"{module}.{alias.name}" for alias in node.names]
            inside = [name for name in taken if file_of(name) is not None]
            yield from inside
            if len(inside) < len(taken):
                yield module


def file_of(module: str) -> Path | None:
    """The file of a module of the package; None for others, and for the package's own face."""
    place = ROOT.joinpath(*module.split(".")[1:])
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path in FILES]
    return found[0] if found and module.startswith("abm.") else None


def floor(path: Path) -> int:
    room = FILES[path].parts[0].removesuffix(".py")
    assert room in FLOORS, f"{FILES[path]} stands on no floor"
    return FLOORS.index(room)


@cache
def needs() -> dict[Path, set[Path]]:
    """What each file imports of the package."""
    return {path: {file for module in imports(path) if (file := file_of(module)) is not None} for path in FILES}


def test_every_folder_imports_only_what_stands_below_it():
    wrong = {
        f"{FILES[path]} imports {FILES[needed]}"
        for path, files in needs().items()
        for needed in files
        if floor(needed) < floor(path)
    }
    # a picture of the model, asked for by hand, is drawn by the view
    assert wrong == {"model.py imports view/frames.py", "model.py imports view/widget.py"}


def test_no_two_files_need_each_other():
    others = {
        path: files - {ROOT / "view" / "frames.py", ROOT / "view" / "widget.py"}
        if FILES[path].name == "model.py"
        else files
        for path, files in needs().items()
    }
    try:
        TopologicalSorter(others).prepare()
    except CycleError as error:
        raise AssertionError(" <- ".join(str(FILES[path]) for path in error.args[1])) from None


def test_mesa_is_touched_in_few_places():
    users = {
        str(name) for path, name in FILES.items() if any(module.split(".")[0] == "mesa" for module in imports(path))
    }
    assert users == MESA


def test_kernels_see_arrays_and_scalars_only():
    for path in (ROOT / "kernels").glob("*.py"):
        outside = {module.split(".")[0] for module in imports(path)}
        assert not outside & {"mesa", "pydantic", "pandas", "yaml", "pyarrow", "zarr"}, path


def test_what_stands_above_a_run_is_no_part_of_the_code_that_decides_it():
    """Else a run could not be resumed after an edit of what only looks at it."""
    apart = {part.removesuffix(".py") for part in manifest._APART}
    assert apart == {*FLOORS[: FLOORS.index("simulation")], "statistics", "extras", "notebook", "progress", "configs"}


def test_no_two_classes_have_one_name():
    classes = [
        (node.name, str(name))
        for path, name in FILES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and node.name not in ("Parameters",)  # each rule has its own
    ]
    names = [name for name, _ in classes]
    assert {(name, file) for name, file in classes if names.count(name) > 1} == set()
