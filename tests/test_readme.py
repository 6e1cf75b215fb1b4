"""What the README shows works as it stands there; most of it is shown in full on the pages of docs/, which tests/test_docs.py runs."""

import re
from pathlib import Path

from abm import LiverModel, load_config, load_experiment
from abm.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def block(language: str, word: str) -> str:
    """The block of a language in which a word stands."""
    return next(text for of, text in BLOCKS if of == language and word in text)


def test_it_is_one_page():
    assert len(README.splitlines()) <= 150


def test_from_python(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = block("python", "Simulation(model").replace('until="6 h"', 'until="1 h"')
    assert 'until="1 h"' in text
    names: dict = {}
    exec(compile(text, "README.md", "exec"), names)
    assert isinstance(names["model"], LiverModel) and names["model"].minutes == 60


def test_files_and_pictures_named_there_exist():
    for place in re.findall(r"\]\(([\w/.]+)\)", README):
        assert (ROOT / place).exists(), place
    for config in re.findall(r"configs/[\w/]+\.yaml", README):
        assert (ROOT / config).exists(), config


def test_the_commands_named_there_exist():
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    named = set(re.findall(r"(?:^|&& |`)crlm (\w+)", README, re.MULTILINE))
    assert named and named <= known


def test_the_config_and_the_experiment_shown_are_valid(tmp_path):
    (tmp_path / "my.yaml").write_text(block("yaml", "extends:"))
    config = load_config(tmp_path / "my.yaml")
    assert config.labels == {"line": "cx1", "host": "nude"}
    assert not config.rules.nk_killing.enabled
    (tmp_path / "experiment.yaml").write_text(block("yaml", "arms:"))
    experiment = load_experiment(tmp_path / "experiment.yaml")
    assert list(experiment.arms) == ["control", "no_kupffer"] and experiment.replicates == 20


def test_the_verdicts_are_those_of_scope_and_limits():
    def told(text: str) -> dict[str, list[str]]:
        """Question -> what holds, fails and is unresolved."""
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
        ]
        begins = next(index for index, row in enumerate(rows) if row[0] == "question")
        found = {row[0]: row[1:4] for row in rows[begins + 1 :] if len(row) == len(rows[begins])}
        return {question: cells for question, cells in found.items() if any(cells)}

    assert told(README) == told((ROOT / "docs" / "scope.md").read_text())
