import pytest

from abm.commands import UserError
from abm.commands.measures import show_measures
from abm.measures.measure import Line, shipped


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(width, *arguments, **settings):
        monkeypatch.setenv("COLUMNS", str(width))
        show_measures(*arguments, **settings)
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("width", [60, 80, 160])
def test_every_measure_with_its_parameters(shown, width):
    text = shown(width)
    assert all(f"\n{name}  " in f"\n{text}" for name in shipped()) and "min_cells: 4" not in text
    assert max(map(len, text.splitlines())) <= width
    text = shown(width, everything=True)
    for name, measure in shipped().items():
        assert f"\n{name}  " in f"\n{text}"
        for entry in measure.parameters:
            assert f"{entry.name}: " in text
    assert "min_cells: 4" in text and "within: 50 um" in text and "solid: false" in text
    assert "/mm^2" in text and "stage: (must be given)" in text and "micrometastasis_cells: (not given)" in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("name", shipped())
def test_one_measure_in_full(shown, name):
    text = " ".join(shown(100, [name]).split())
    assert text.startswith(f"{name} {shipped()[name].kind}")
    for paragraph in shipped()[name].description.split("\n\n"):
        assert " ".join(paragraph.split()) in text
    for entry in shipped()[name].parameters:
        assert entry.description[1:] in text
    for field in Line.model_fields.values():
        assert field.alias is None or f"{field.alias}: " in text


def test_what_a_parameter_takes(shown):
    text = " ".join(shown(200, ["tumor_cells"]).split())
    assert "states: [circulating, held, adherent, extravasated, dormant]" in text
    assert "one or more of 'circulating', 'held', 'adherent', 'extravasated' or 'dormant'." in text
    assert "at: (not given) When to look; by default at the end of the run" in text


def test_a_name_that_is_none():
    with pytest.raises(UserError, match="did you mean 'nodules'"):
        show_measures(["nodulles"])
    with pytest.raises(UserError, match="crlm measures lists them"):
        show_measures(["zebra"])


def test_a_users_own(shown, tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        'from abm.measures.measure import measure\n\n@measure(unit="h", kind="level")\ndef age(run):\n    """Age."""\n'
    )
    assert "age" in shown(160, (), [path])
    assert shown(160, ["age"], [path]).startswith("age  level, h\nAge.\n")


def test_a_file_that_cannot_be_used(tmp_path):
    with pytest.raises(UserError, match=r"none\.py: there is no such file"):
        show_measures((), [tmp_path / "none.py"])
