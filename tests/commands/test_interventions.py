import pytest

from abm import load_config
from abm.commands import UserError
from abm.commands.interventions import show_interventions
from abm.config.schema import compose

CHILL = '''"""Chilling: the test's own intervention."""
import typing

import abm

@abm.intervention
class Chill(abm.Intervention):
    """Chill: the liver is cooled."""
    kind: typing.ClassVar[str] = "chill"
    chill: typing.Literal["liver"]
'''
KINDS = compose().registry.interventions


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(width, names=(), config=None, **settings):
        monkeypatch.setenv("COLUMNS", str(width))
        show_interventions(config, names, **settings)
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("width", [60, 90, 200])
def test_every_kind_with_its_targets_keys_and_sources(shown, width):
    assert [line.split()[0] for line in shown(width).partition("\n\n")[0].splitlines() if line[0] != " "] == [
        kind.kind for kind in KINDS
    ]
    text = shown(width, everything=True)
    for kind in KINDS:
        assert f"\n{kind.kind}" in f"\n{text}"
        for name in (*kind.model_fields, *kind.targets):
            assert name in text
    assert "clodronate liposomes" in text and "assumed" in text
    assert max(map(len, text.splitlines())) <= width


def test_some_kinds(shown):
    text = shown(200, ["deplete", "degrade"])
    assert (
        "away (kupffer): 4 d  (plausible 2 to 7 d)  unverified" in text
        and "recovery (kupffer): " in text
        and "DNase" in text
    )
    assert "e_selectin" not in text


def test_what_speaks_of_a_word(shown):
    assert shown(100, grep="clodronate").startswith("deplete")
    assert "No kind of intervention is called kupffer." in shown(100, ["kupffer"])


def test_of_a_config_with_what_its_plugins_add(shown, tmp_path):
    (tmp_path / "chilling.py").write_text(CHILL)
    (tmp_path / "cold.yaml").write_text("plugins: [chilling.py]\n")
    assert "chill" in shown(100, config=load_config(tmp_path / "cold.yaml"), names=["chill"])
    with pytest.raises(UserError):
        shown(100, names=["chill"])


def test_another_is_refused():
    with pytest.raises(UserError, match="did you mean 'deplete'"):
        show_interventions(None, ["deplte"])
    with pytest.raises(UserError, match="there is deplete, infuse"):
        show_interventions(None, ["xyzzy"])
