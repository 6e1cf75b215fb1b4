import pytest

from abm.commands.rules import show_rules
from abm.config.loading import load_text
from abm.rules import RULES


@pytest.fixture
def shown(monkeypatch, capsys):
    def show(width, config=None, everything=False):
        monkeypatch.setenv("COLUMNS", str(width))
        show_rules(config, everything)
        return capsys.readouterr().out
    return show


@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_rule_in_order_and_every_parameter(shown, width):
    text = shown(width)
    places = [text.index(f"{number}. {rule.name}\n") for number, rule in enumerate(RULES, start=1)]
    assert places == sorted(places)
    for rule in RULES:
        for name in rule.Parameters.model_fields:
            assert name == "enabled" or name in text
    assert max(map(len, text.splitlines())) <= width


def test_values_of_a_config(shown):
    text = shown(200, load_text("rules: {phagocytosis: {rate: 0.17 /h}, emt: off}"))
    assert "0.17 /h" in text
    assert "emt (off)" in text


def test_all_groups(shown):
    text = shown(200, everything=True)
    assert "cells.kupffer" in text and "phagocytic_fraction" in text
    assert "fields.tnf" in text
    assert "record" in text
