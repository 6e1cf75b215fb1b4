"""Files that cannot be read, and those that can all the same."""

import os

import pytest

from abm.config.errors import ConfigError
from abm.config.loading import load_config

from .conftest import write


def test_a_byte_order_mark_is_no_problem(folder, small):
    (folder / "my.yaml").write_bytes(b"\xef\xbb\xbfseed: 3\r\nname: x\r\n")
    assert load_config(folder / "my.yaml", compose=small).seed == 3


def test_the_config_itself_is_not_there(small, folder):
    write(folder / "my.yaml", "")
    with pytest.raises(ConfigError, match="there is no such file; did you mean 'my"):
        load_config("mi.yaml", compose=small)
    with pytest.raises(ConfigError, match="this is a folder"):
        load_config(".", compose=small)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("a\0b.yaml", compose=small)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("x" * 5000, compose=small)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"name: 20 \xb5m", "my.yaml:1:10\n    the file is not text in UTF-8 (byte 0xb5); save it as UTF-8"),
        (b"\xff\xfen\x00", "not text in UTF-8"),
        (b"name: " + b"x" * 1_000_001, "larger than 1 MB"),
        (b"- a\n- b", "a config is a group of 'key: value' lines"),
        (b"just text", "a config is a group of 'key: value' lines"),
        (b"!!map {seed: 1}", "tags such as '!!map' are not read"),
    ],
)
def test_files_that_are_no_configs(content, message, folder, small):
    (folder / "my.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config("my.yaml", compose=small)
    assert message in str(caught.value)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs /dev/zero")
def test_endless_files_are_not_read(report, small):
    assert "there is no file" in report("extends: /dev/zero")
    with pytest.raises(ConfigError, match="not an ordinary file"):
        load_config("/dev/zero", compose=small)
