"""The lines of an experiment that ask for measures: what is measured, and what is expected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model
from pydantic_core import PydanticCustomError

from ...config.errors import did_you_mean, dotted, quoted
from ...config.nodes import BROKEN, Node, sound, to_plain
from ...config.plugins import PluginError
from ...config.shipped import names_of
from ...config.validating import problems_of
from ...measures.known import load_measures
from ...measures.measure import Line, Measure
from ...measures.request import MeasureRequest, read_request
from ...units import in_time
from ..expectation import Comparison, Expectation, read_expectation
from ..store import RESERVED, columns_of
from .written import Written


def known_measures(written: Written) -> dict[str, Measure]:
    """The measures that may be named, the user's own included."""
    known = load_measures(())
    files: list[Path] = []
    for path, item in written.items("plugins"):
        if not isinstance(item.value, str):
            continue
        try:
            file = item.place.source.folder / Path(item.value).expanduser()
            known = load_measures([*files, file])
            files.append(file)
        # ~nobody has no home folder; a null byte is no name
        except (PluginError, RuntimeError, ValueError) as error:
            written.wrong(path, f"{quoted(item.value)}: {error}")
    return known


def measures_of(written: Written, known: Mapping[str, Measure]) -> list[tuple[tuple, MeasureRequest]]:
    """What is asked for under `measures`, each with its path."""
    requests: list[tuple[tuple, MeasureRequest]] = []
    for path, item in written.items("measures"):
        request = _read(written, path, item, known, read_request)
        if request is None:
            continue
        if request.label in {other.label for _, other in requests}:
            written.wrong(
                path,
                f"there is a measure called '{request.label}' above",
                "remove one of them, or give it another name: name: ...",
            )
        requests.append((path, request))
    return requests


def expectations_of(
    written: Written, known: Mapping[str, Measure], arms: Sequence[str]
) -> list[tuple[tuple, Expectation]]:
    """What is asked for under `expect`, each with its path."""
    expectations = []
    for path, item in written.items("expect"):
        expectation = _read(written, path, item, known, read_expectation)
        for key in ("arm", "relative_to", "difference_from"):
            named = written.node(*path, key)
            if named is not None and isinstance(named.value, str):
                written.refuse_unknown_arm(named.value, (*path, key), arms)
        if expectation is not None:
            expectations.append((path, expectation))
    return expectations


def refuse_namesakes(written: Written, requests: Sequence[tuple[tuple, MeasureRequest]], swept: set[str]) -> None:
    """A label means one column: what is expected may repeat a measure, but not give its name to another, nor to a
    column that is there anyway."""
    first: dict[str, tuple] = {}
    taken: dict[str, str] = {}
    for path, request in requests:
        for column in columns_of(request.label, request.kind):
            if column in RESERVED | swept or taken.setdefault(column, request.label) != request.label:
                written.wrong(
                    path, f"the results have another column '{column}'", "give the measure another name: name: ..."
                )
    for path, request in requests:
        asked = (
            request.measure,
            dict(request.parameters),
            request.at,
            request.every,
            request.first,
            request.until,
            request.take,
        )
        if first.setdefault(request.label, asked) != asked:
            written.wrong(path, f"another measure is called '{request.label}' already", "give this one another name")


def refuse_looks_outside(written: Written, requests: Sequence[tuple[tuple, MeasureRequest]], configs: Mapping) -> None:
    """Note the measures that look before the beginning or after the end of some run."""
    runs = {(config.duration, config.begins) for config in configs.values()}
    for path, request in requests:
        for duration, begin in sorted(runs):
            try:
                looks = request.moments(duration, begin)
            except ValueError as error:
                written.wrong(path, str(error))
                break
            if request.is_series and len(looks) < 2:
                written.wrong(
                    (*path, "every"),
                    f"{request.label} looks only once, at {in_time(looks[0])}, in a run from "
                    f"{in_time(begin)} to {in_time(duration)}",
                    "make every shorter, or say at, when to look",
                )
                break


def refuse_unknown_drugs(written: Written, requests: Sequence[tuple[tuple, MeasureRequest]], configs: Mapping) -> None:
    """Note the measures of a drug that neither comes with the simulator nor is given in some run."""
    known = {*names_of("drug"), *(drug for config in configs.values() for drug in config.drugs)}
    for path, request in requests:
        drug = request.parameters.get("drug")
        if request.measure.plugin is None and drug is not None and drug not in known:
            hint = did_you_mean(drug, sorted(known), "crlm drugs lists those that there are")
            written.wrong((*path, "drug"), f"there is no drug {quoted(drug)}", hint)


def _read(written: Written, path: tuple, node: Node, known: Mapping[str, Measure], read: Any) -> Any:
    """What `read` makes of a line; None, and problems, when it is wrong."""
    if node.value is BROKEN:
        return None
    line = to_plain(sound(node))
    if not isinstance(line, dict | str):
        written.wrong(
            path, f"expected a measure, got {quoted(line)}", "such as {measure: nodules, min_cells: 10, at: 14 d}"
        )
        return None
    name = line if isinstance(line, str) else line.get("measure")
    schema = known[name].line if isinstance(name, str) and name in known else Line
    if read is read_expectation:
        bases: Any = (schema, Comparison)
        schema = create_model("Expectation", __base__=bases)
    try:
        return read(line, known)
    except PydanticCustomError as error:
        written.wrong(path, str(error))
    except ValidationError as error:
        for problem in problems_of(error.errors(include_url=False), node, schema, line, extra_keys=()):
            inner = problem.path if problem.path.startswith("[") or not problem.path else f".{problem.path}"
            written.problems.append(replace(problem, path=dotted(path) + inner))
    return None
