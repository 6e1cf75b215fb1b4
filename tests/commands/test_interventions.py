import pytest

from abm.commands import UserError
from abm.commands.interventions import show_interventions
from abm.config.schema import compose

KINDS = compose().registry.interventions


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(width, names=(), **settings):
        monkeypatch.setenv("COLUMNS", str(width))
        show_interventions(names, **settings)
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


def test_another_is_refused():
    with pytest.raises(UserError, match="did you mean 'deplete'"):
        show_interventions(["deplte"])
    with pytest.raises(UserError, match="there is deplete, infuse"):
        show_interventions(["xyzzy"])
