import pytest

from abm.record.files import remove_folder, write_text, write_whole


def test_a_file_that_could_not_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "table"
    write_text(path, "old")

    def run_out_of_space(beside):
        beside.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=f"No space left on device: .{path}"):
        write_whole(path, run_out_of_space)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_replaces(tmp_path):
    path = tmp_path / "table"
    write_text(path, "old")
    write_text(path, "µm")
    assert path.read_text(encoding="utf-8") == "µm"


def test_remove_folder(tmp_path):
    (tmp_path / "a").mkdir()
    remove_folder(tmp_path / "a")
    remove_folder(tmp_path / "a")
    assert not (tmp_path / "a").exists()
