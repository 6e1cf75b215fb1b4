"""The ODD description names all that a config declares, whoever declares it."""

import re
from pathlib import Path

import pytest

from abm import cli, load_config
from abm.commands.odd import TEMPLATE, odd_of
from abm.config.schema import SHIPPED, compose
from abm.registry import name_of

ADDING = (Path(__file__).parents[2] / "docs" / "adding.md").read_text(encoding="utf-8")
ELEMENTS = (
    "Purpose and patterns",
    "Entities, state variables, and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Initialization",
    "Input data",
    "Submodels",
)


def cells_of_tables(text: str) -> set[str]:
    """What stands in backticks in a cell of a table."""
    return set(re.findall(r"\| `([^`]+)` ", text))


@pytest.fixture(scope="module")
def text():
    return odd_of()


@pytest.fixture(scope="module")
def plugged(tmp_path_factory):
    """The plugin of docs/adding.md, which adds one of everything, and its config."""
    folder = tmp_path_factory.mktemp("odd")
    python = re.findall(r"^```python\n(.*?)^```", ADDING, re.DOTALL | re.MULTILINE)
    (folder / "sentinels.py").write_text("\n\n".join(python), encoding="utf-8")
    [written] = re.findall(r"^```yaml\n(.*?)^```", ADDING, re.DOTALL | re.MULTILINE)
    (folder / "sentinels.yaml").write_text(written, encoding="utf-8")
    return load_config(folder / "sentinels.yaml")


def test_its_seven_elements_stand_in_their_order(text):
    headings = re.findall(r"^## (\d)\. (.*)$", text, re.MULTILINE)
    assert headings == [(str(number), element) for number, element in enumerate(ELEMENTS, start=1)]


@pytest.mark.parametrize("kind", ["populations", "fields", "layers", "levels", "rules"])
def test_everything_declared_is_named_and_described(text, kind):
    for declared in getattr(SHIPPED, kind):
        name = name_of(declared)
        assert name in cells_of_tables(text), name
        assert f"\n#### `{name}`\n" in text, name


def test_every_column_of_every_population_is_named(text):
    for species in SHIPPED.species:
        assert {column.name for column in species.columns} <= cells_of_tables(text)


def test_rules_stand_in_the_order_in_which_they_run(text):
    process = text.partition("## 3.")[2].partition("## 4.")[0]
    assert re.findall(r"^\| \d+ \| `(\w+)`", process, re.MULTILINE) == [rule.name for rule in SHIPPED.rules]


def test_every_parameter_of_a_rule_stands_with_its_source(text):
    for rule in SHIPPED.rules:
        part = text.partition(f"\n#### `{rule.name}`\n")[2].partition("\n#### ")[0]
        for parameter in rule.Parameters.model_fields:
            assert parameter == "enabled" or f"| `{parameter}` |" in part, (rule.name, parameter)


def test_the_numbers_are_those_of_the_config(text):
    config = compose().model_validate(
        {"name": "Mine", "duration": "2 d", "rules": {"netosis": False, "phagocytosis": {"rate": "0.07 /h"}}}
        | {"interventions": [{"deplete": "kupffer", "start": "-2 d"}]}
    )
    mine = odd_of(config)
    assert mine.startswith("# ODD: Mine\n") and "| -2 d to 2 d |" in mine and "0.07 /h" in mine
    [line] = [line for line in mine.splitlines() if re.match(r"\| \d+ \| `netosis`", line)]
    assert line.endswith("| off |") and re.search(r"\| `deplete` \| `deplete: kupffer, .*start: -2 d.*` \|", mine)
    assert "0.07 /h" not in text and "Here nothing is done." in text


def test_what_a_plugin_adds_is_in_it(plugged):
    mine = odd_of(plugged)
    for name in ("sentinel", "alarmin", "footprints", "cortisol", "sentinel_call"):
        assert name in cells_of_tables(mine) and f"\n#### `{name}`\n" in mine, name
    assert "| `alertness` | how readily it calls, 0 never .. 1 at once |" in mine and "| `drill` |" in mine


def test_no_placeholder_is_left_and_every_row_of_a_table_has_as_many_cells(text):
    assert "$" in TEMPLATE.read_text(encoding="utf-8") and not re.search(r"(?<!\\)\$", text)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table


def test_the_command_prints_it(capsys):
    assert cli.status_of(["odd"]) == 0
    assert capsys.readouterr().out == odd_of()
    assert cli.status_of(["odd", "configs/premetastatic_niche.yaml"]) == 0
    assert "Here nothing is done." not in capsys.readouterr().out
