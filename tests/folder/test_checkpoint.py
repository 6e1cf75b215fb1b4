import numpy as np
import pytest

from abm.folder.checkpoint import FOLDER, Checkpoint, DamagedCheckpoint, load, remove, save, saved

ROWS = np.array([(1, 2.5), (0, np.nan)], [("alive", "u1"), ("x", "f4")])


def some(step=12):
    return Checkpoint(
        step,
        {"cells/tumor": ROWS, "empty": np.empty(0, "f8"), "count": np.int64(7), "part/a": np.arange(3)},
        {"started": 0},
    )


def test_comes_back_as_it_was(tmp_path):
    back = load(save(tmp_path, some()))
    assert (back.step, back.about) == (12, {"started": 0})
    assert back.arrays["cells/tumor"].dtype == ROWS.dtype
    assert back.arrays["cells/tumor"].tobytes() == ROWS.tobytes()
    assert back.arrays["count"] == 7
    assert list(back.part("part")) == ["a"]


def test_the_one_before_is_kept(tmp_path):
    for step in (12, 24, 36):
        save(tmp_path, some(step))
    assert [path.name for path in saved(tmp_path)] == ["000000036.npz", "000000024.npz"]


def test_the_newest_is_the_latest_also_before_time_0(tmp_path):
    for step in (-576, -288, -12):
        save(tmp_path, some(step))
    assert [load(path).step for path in saved(tmp_path)] == [-12, -288]
    save(tmp_path, some(0))
    assert [load(path).step for path in saved(tmp_path)] == [0, -12]


def test_files_of_other_names_are_no_checkpoints(tmp_path):
    save(tmp_path, some(12))
    for name in ("backup.npz", "000000012 (copy).npz", "000000024.npz.partial"):
        (tmp_path / FOLDER / name).write_text("mine")
    assert [path.name for path in saved(tmp_path)] == ["000000012.npz"]
    remove(tmp_path)
    assert {path.name for path in (tmp_path / FOLDER).iterdir()} == {"backup.npz", "000000012 (copy).npz"}
    for path in (tmp_path / FOLDER).iterdir():
        path.unlink()
    save(tmp_path, some(12))
    remove(tmp_path)
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:300] + bytes([data[300] ^ 1]) + data[301:],
        lambda data: b"not an archive at all",
    ],
    ids=["truncated", "empty", "one bit", "something else"],
)
def test_damage_is_noticed(tmp_path, damage):
    path = save(tmp_path, some())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedCheckpoint):
        load(path)


def read_or_refused(path):
    """What is read is what was saved, or it is said to be damaged; True when it was read."""
    try:
        back = load(path)
    except DamagedCheckpoint:
        return False
    assert back.arrays["cells/tumor"].tobytes() == ROWS.tobytes()  # only the archive's own bookkeeping was hit
    assert back.step == 12
    return True


def test_every_altered_bit_of_the_content_is_noticed(tmp_path):
    path = save(tmp_path, some())
    content = path.read_bytes()
    for at in range(0, len(content), 37):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        read_or_refused(path)


def test_whatever_is_altered_in_the_archives_bookkeeping_is_damage_at_worst(tmp_path):
    """Every bit of the first local header, of the directory and of the end; among them are flags that say 'encrypted' and
    methods of compression that nobody knows."""
    path = save(tmp_path, some())
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    read = 0
    for at in (*range(80), *range(directory, directory + 80), *range(len(content) - 22, len(content))):
        for bit in range(8):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
            read += read_or_refused(path)
    assert 0 < read < 8 * 182


@pytest.mark.parametrize("raised", [NotImplementedError, RuntimeError, AttributeError, OSError, EOFError])
def test_whatever_reading_raises_is_damage(tmp_path, monkeypatch, raised):
    path = save(tmp_path, some())

    def broken(*args, **kwargs):
        raise raised("what")

    monkeypatch.setattr(np, "load", broken)
    with pytest.raises(DamagedCheckpoint, match=f"{path.name} cannot be read"):
        load(path)


@pytest.mark.parametrize("raised", [MemoryError, KeyboardInterrupt])
def test_what_is_not_the_files_fault_is_not_damage(tmp_path, monkeypatch, raised):
    path = save(tmp_path, some())

    def broken(*args, **kwargs):
        raise raised

    monkeypatch.setattr(np, "load", broken)
    with pytest.raises(raised):
        load(path)


def test_python_objects_are_refused(tmp_path):
    with pytest.raises(TypeError, match="what"):
        save(tmp_path, Checkpoint(1, {"what": np.array([object()])}))
    assert not list((tmp_path / FOLDER).iterdir())


def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch):
    save(tmp_path, some(12))

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path, some(24))
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["000000012.npz"]
    assert load(saved(tmp_path)[0]).step == 12
