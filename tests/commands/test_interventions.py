import pytest

from abm.commands import UserError
from abm.commands.interventions import show_interventions
from abm.interventions import KINDS


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(width, name=None):
        monkeypatch.setenv("COLUMNS", str(width))
        show_interventions(name)
        return capsys.readouterr().out
    return show


@pytest.mark.parametrize("width", [60, 90, 200])
def test_every_kind_with_its_targets_keys_and_sources(shown, width):
    text = shown(width)
    for kind in KINDS:
        assert f"\n{kind.kind}\n" in f"\n{text}"
        for name in (*kind.model_fields, *kind.targets):
            assert name in text
    assert "clodronate liposomes" in text and "assumed" in text
    assert max(map(len, text.splitlines())) <= width


def test_one_kind(shown):
    text = shown(200, "deplete")
    assert "recovery (kupffer)" in text and "away (kupffer)" in text and "4 d" in text and "2 - 7 d" in text
    assert "e_selectin" not in text


def test_another_is_refused():
    with pytest.raises(UserError, match="did you mean 'deplete'"):
        show_interventions("deplte")
    with pytest.raises(UserError, match="there is deplete, infuse"):
        show_interventions("xyzzy")
