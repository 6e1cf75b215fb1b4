import pytest

from abm.commands import UserError
from abm.commands.rules import show_rules
from abm.config.loading import load_text
from abm.config.schema import compose
from abm.rules import RULES


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(width, config=None, names=(), **settings):
        if width is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(width))
        show_rules(config, names, **settings)
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("width", [60, 80, 200, None])
def test_a_line_per_rule_in_order(shown, width):
    text = shown(width)
    starts = [line.split()[0] for line in text.partition("\n\n")[0].splitlines() if not line.startswith(" ")]
    assert starts == [rule.name for rule in RULES]
    assert "crlm rules --grep" in " ".join(text.split())
    assert all(line == line.rstrip() and len(line) <= (width or 100) for line in text.splitlines())
    assert len(text.splitlines()) < 5 * len(RULES)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_everything_about_all_rules_and_every_parameter(shown, width):
    text = shown(width, everything=True)
    places = [text.index(f"\n{rule.name}  ") for rule in RULES[1:]]
    assert places == sorted(places)
    for rule in RULES:
        for name in rule.Parameters.model_fields:
            assert name == "enabled" or f"{name}: " in text
    assert (
        "cells.kupffer.phagocytic_fraction: " in text
        and "fields.tnf.diffusion: " in text
        and "record.snapshots: " in text
    )
    assert max(map(len, text.splitlines())) <= width


def test_some_rules_in_full(shown):
    text = shown(80, names=["phagocytosis", "NETosis"])
    assert "  rate: 0.25 /h  (plausible 0.05 to 0.5 /h)  derived\n" in text and "Bouwens 1986" in text
    assert "  off with: --set rules.netosis=off\n" in text and "Extravasation" not in text
    lines = text.splitlines()
    assert all(
        line.startswith("      ")
        for line in lines[lines.index("  rate: 0.25 /h  (plausible 0.05 to 0.5 /h)  derived") + 1 :][:3]
    )


@pytest.mark.parametrize("width", [80, 100, 200])
def test_text_is_wrapped_once(shown, width):
    text = " ".join(RULES[5].about().split("\n\n")[-1].split())
    lines = shown(width, names=[RULES[5].name]).splitlines()
    inside = [line for line in lines if line and line in text and line != lines[0]]
    assert " ".join(inside[-len(inside) :]).endswith(text)
    assert min(map(len, inside[1:-1])) > min(width, 110) - 25


def test_what_speaks_of_a_word(shown):
    text = shown(100, grep="CD47")
    assert (
        "cd47_weight: 4  (plausible 2 to 8)  derived" in text
        and "cells.tumor.cd47: " in text
        and "handling_time" not in text
    )
    with pytest.raises(UserError, match="nothing speaks of 'xyzzy'"):
        show_rules(None, grep="xyzzy")


def test_a_part_of_a_name_lists_all_that_speak_of_it(shown):
    text = shown(100, names=["kupffer"])
    assert text.startswith("No rule is called kupffer.")
    named = [line.split()[0] for line in text.splitlines()[1:] if line and not line.startswith(" ")]
    assert named[:2] == ["kupffer_crawling", "kupffer_reprogramming"] and {"phagocytosis", "niche_formation"} < set(
        named
    )
    with pytest.raises(UserError, match=r"there is no rule 'fagocitosis'; did you mean 'phagocytosis'\?"):
        show_rules(None, ["fagocitosis"])
    with pytest.raises(UserError, match="there is no rule 'sunshine'; crlm rules lists them"):
        show_rules(None, ["sunshine"])


def test_values_of_a_config(shown):
    config = load_text("rules: {phagocytosis: {rate: 0.17 /h}, emt: off, arrival: {per_area: 250 /mm^2}}")
    text = " ".join(shown(110, config).split())
    assert (
        "Here rate = 0.17 /h." in text
        and "(off)" in text
        and "Here per_area = 250 /mm^2." in text
        and text.count("Here") == 2
    )
    assert "per_area: 250 /mm^2" in shown(200, config, ["arrival"])
    assert "Here" not in shown(100, compose()())
