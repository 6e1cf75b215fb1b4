import copy

import pytest

from abm.folder import manifest
from abm.folder.manifest import ResumeRefused

CONFIG = {
    "name": "a",
    "duration": "3 d",
    "rules": {"arrest": {"rate": "1 /h"}},
    "doses": [{"at": "0 h"}, {"at": "1 h"}],
}


def made(config=CONFIG):
    return manifest.new_manifest(config, 3, 1, 72.0)


def test_written_and_read(tmp_path):
    manifest.write(tmp_path, made())
    assert manifest.read(tmp_path) == made()
    assert made()["versions"]["numpy"]
    assert made()["status"] == "running"


def test_none_where_there_is_none(tmp_path):
    assert manifest.read(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", '"x"'])
def test_something_else_is_not_taken_for_a_manifest(tmp_path, text):
    (tmp_path / manifest.NAME).write_text(text)
    with pytest.raises(ResumeRefused, match="not the manifest of a run"):
        manifest.read(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("wall_seconds", None),
        ("versions", None),
        ("versions", {"numpy": 1}),
        ("sessions", "x"),
        ("sessions", 1.5),
        ("until_hours", "x"),
        ("config", [1]),
        ("status", "ended"),
        ("code", 3),
    ],
)
def test_a_value_of_another_kind_is_named_by_its_key(tmp_path, key, value):
    manifest.write(tmp_path, made() | {key: value})
    with pytest.raises(ResumeRefused, match=rf"not the manifest of a run \({key}"):
        manifest.read(tmp_path)


def test_the_same_run_may_go_on(tmp_path):
    manifest.refuse_other(tmp_path, made(), made())


def test_what_differs_is_named(tmp_path):
    config = copy.deepcopy(CONFIG)
    config["rules"]["arrest"]["rate"] = "2 /h"
    config["doses"][1]["at"] = "5 h"
    config["extra"] = 1
    old = made()
    old["versions"]["numpy"] = "1.0"
    with pytest.raises(ResumeRefused) as refused:
        manifest.refuse_other(tmp_path, old, made(config))
    said = str(refused.value)
    assert 'rules.arrest.rate was "1 /h", is now "2 /h"' in said
    assert 'doses[1].at was "0 h"' not in said and 'doses[1].at was "1 h", is now "5 h"' in said
    assert "extra was not given, is now 1" in said
    assert "numpy was 1.0, is now" in said


def test_changed_sources_are_refused_unless_nothing_is_computed_any_more(tmp_path):
    old = made() | {"code": "other"}
    with pytest.raises(ResumeRefused, match="source code of crlm"):
        manifest.refuse_other(tmp_path, old, made())
    manifest.refuse_other(tmp_path, old | {"status": "complete"}, made())


def test_another_end_is_refused(tmp_path):
    with pytest.raises(ResumeRefused, match="the end was at 72 h, is now at 96 h"):
        manifest.refuse_other(tmp_path, made(), manifest.new_manifest(CONFIG, 3, 1, 96.0))


def test_the_digest_follows_a_users_own_rule(tmp_path):
    rule = tmp_path / "mine.py"
    rule.write_text("a = 1")
    before = manifest.code_digest([rule])
    rule.write_text("a = 2")
    assert manifest.code_digest([rule]) != before
