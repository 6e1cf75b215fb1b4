"""One small run gives what it gave before; refreshed only by `python -m tests.golden`."""

import json

from .golden import FILE, digest


def test_the_golden_run_is_unchanged():
    assert digest() == json.loads(FILE.read_text()), "results changed: see CHANGELOG.md, then `python -m tests.golden`"
