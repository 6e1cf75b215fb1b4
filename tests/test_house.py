"""The order of the house: a folder imports only what stands below it, and Mesa is touched in few places."""

import ast
from pathlib import Path

import abm

ROOT = Path(abm.__file__).parent
FLOORS = [
    "cli",
    "commands",
    "published",
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
    "rules",
    "ledger",
    "blood",
    "cells",
    "fields",
    "tissue",
    "folder",
    "statistics",
    "extras",
    "kernels",
    "units",
]
"""From the roof down: a room may use what stands behind it here."""
MESA = {"model.py", "tissue/grid.py", "cells/population.py"}


def imports(path: Path):
    """(absolute module name, whether for type checkers only) of everything a file imports."""
    tree = ast.parse(path.read_text())
    package = ["abm", *path.relative_to(ROOT).parts[:-1]]
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (
                (f"{module}.{alias.name}" for alias in node.names) if node.level and not node.module else [module]
            )


def floor(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "abm" and len(parts) > 1 and parts[1] in FLOORS else None


def test_every_folder_imports_only_what_stands_below_it():
    wrong = []
    for path in ROOT.rglob("*.py"):
        relative = path.relative_to(ROOT)
        here = relative.parts[0].removesuffix(".py")
        if here in ("__init__", "__main__") or "configs" in relative.parts:
            continue
        assert here in FLOORS, f"{relative} stands on no floor"
        for module in imports(path):
            there = floor(module)
            if there is not None and FLOORS.index(there) < FLOORS.index(here):
                wrong.append(f"{relative} imports {module}")
    # a picture of the model, asked for by hand, and the drawing at the end of a run are drawn by the view
    assert set(wrong) == {"model.py imports abm.view.frames"}


def test_mesa_is_touched_in_three_places():
    users = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if any(module.split(".")[0] == "mesa" for module in imports(path))
    }
    assert users == MESA


def test_kernels_see_arrays_and_scalars_only():
    for path in (ROOT / "kernels").glob("*.py"):
        outside = {module.split(".")[0] for module in imports(path)}
        assert not outside & {"mesa", "pydantic", "pandas", "yaml", "pyarrow", "zarr"}, path
