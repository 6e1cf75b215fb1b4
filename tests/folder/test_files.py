import re

import pytest

from abm.folder.files import (
    FolderInUse,
    copy_files,
    put,
    refuse_other_copies,
    remove_files,
    remove_folder,
    write_text,
    write_whole,
)


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


def seeded(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def left(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_what_has_our_names_is_removed_and_folders_only_when_they_are_empty(tmp_path):
    ours = re.compile(r"[0-9]+\.part|[a-z]/([0-9]+\.part)?").fullmatch
    folder = seeded(
        tmp_path / "work", "1.part", "notes.txt", "a/1.part", "a/notes.part", "b/1.part", "b/2.part", "c/d/1.part"
    )
    (folder / "e").symlink_to(seeded(tmp_path / "elsewhere", "1.part"))
    (folder / "F").mkdir()
    remove_folder(folder, ours)
    assert left(folder) == {"notes.txt", "a/notes.part", "c/d/1.part"} and left(tmp_path / "elsewhere") == {"1.part"}
    assert {path.name for path in folder.iterdir()} == {"notes.txt", "a", "c", "e", "F"}
    remove_folder(seeded(tmp_path / "other", "1.part"), ours)
    remove_folder(tmp_path / "other", ours)
    assert not (tmp_path / "other").exists()
    remove_files(seeded(tmp_path / "other", "1.part"), ours)
    assert (tmp_path / "other").exists() and left(tmp_path / "other") == set()


def test_what_is_put_into_a_folder_leaves_the_other_files(tmp_path):
    put(seeded(tmp_path / "draft", "a", "b"), tmp_path / "place")
    assert left(tmp_path / "place") == {"a", "b"}
    seeded(tmp_path / "place", "c")
    (tmp_path / "place" / "a").write_text("old")
    put(seeded(tmp_path / "draft", "a"), tmp_path / "place")
    assert left(tmp_path / "place") == {"a", "b", "c"} and (tmp_path / "place" / "a").read_text() == "a"
    assert not (tmp_path / "draft").exists()
    seeded(tmp_path, "file")
    with pytest.raises(FileExistsError, match="a folder, not a file"):
        put(tmp_path / "file", tmp_path / "place")
    with pytest.raises(FileExistsError, match="a file, not a folder"):
        put(tmp_path / "place", tmp_path / "file")


def test_copies(tmp_path):
    source = seeded(tmp_path, "mine.py") / "mine.py"
    copies = tmp_path / "copies"
    refuse_other_copies([source], copies)
    copy_files([source], copies)
    refuse_other_copies([source], copies)
    (copies / "mine.py").write_text("changed")
    with pytest.raises(FolderInUse, match="is not the same"):
        refuse_other_copies([source], copies)
    copy_files([source], copies)
    assert (copies / "mine.py").read_text() == "changed"
    copy_files([source], copies, replace=True)
    assert (copies / "mine.py").read_text() == "mine.py"
