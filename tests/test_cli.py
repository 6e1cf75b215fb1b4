import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import abm
from abm import LiverModel, Simulation, cli, load_config, load_experiment
from abm.config.shipped import shipped
from abm.estimate import estimate
from abm.folder import checkpoint, manifest
from abm.record.nodules import survey
from abm.trials.loading import load_trial

from .same_bytes import differing

LITTLE = """
name: little
duration: 6 h
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: {per_area: 250 /mm^2}}
record: {checkpoint: 1 h, snapshots: 1 h, movie: false, figures: false}
"""
posix_only = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
THREADS = str(min(2, os.cpu_count() or 1))


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    path = tmp_path / "little.yaml"
    path.write_text(LITTLE)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The little run, made by the command in this process with one thread."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "little.yaml").write_text(LITTLE)
    assert (
        cli.status_of(["run", str(folder / "little.yaml"), "-o", str(folder / "run"), "--quiet", "--threads", "1"]) == 0
    )
    return folder / "run"


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The little run, by a command with two threads that was killed behind its second checkpoint."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "little.yaml").write_text(LITTLE)
    command = crlm("run", folder / "little.yaml", "-o", folder / "run", "--threads", THREADS)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(checkpoint.saved(folder / "run")) < 2:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    return folder / "run"


def crlm(*arguments):
    return [sys.executable, "-m", "abm.cli", *map(str, arguments)]


def test_help_is_quick_and_names_the_commands():
    code = (
        "import sys, abm.cli; abm.cli.status_of(['--help']); "
        "heavy = {'numpy', 'numba', 'mesa', 'pydantic', 'pandas', 'pyarrow', 'zarr', 'matplotlib', 'scipy'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    for command in ("run", "check", "new", "examples", "schema", "rules", "movie", "plot", "anatomy"):
        assert f" {command} " in told.stdout
    assert "bool" not in told.stdout


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in cli.app.registered_commands]
)
def test_switches_show_no_kind_of_value(command, capsys):
    assert cli.status_of([command, "--help"]) == 0
    assert "bool" not in capsys.readouterr().out


@pytest.mark.parametrize("reads", ["2>&1 | head -1", "| head -0", "2>&- >&-"])
def test_nobody_need_read_what_a_run_says(whole, config, tmp_path, reads):
    command = shlex.join(crlm("run", config, "-o", tmp_path / "run", "--set", "duration=1 h"))
    ended = subprocess.run(
        ["bash", "-c", f"{command} {reads}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr.count("Error")) == (0, 0), ended.stderr
    assert manifest.read(tmp_path / "run")["status"] == "complete"


def test_version(capsys):
    assert cli.status_of(["--version"]) == 0
    assert capsys.readouterr().out == f"crlm {abm.__version__}\n"
    told = subprocess.run([sys.executable, "-m", "abm", "--version"], capture_output=True, text=True, check=False)
    assert told.stdout == f"crlm {abm.__version__}\n"


def test_a_shipped_config_by_name(config, capsys):
    for name in ("quickstart", "configs/quickstart.yaml"):
        assert cli.status_of(["check", name]) == 0
        told = capsys.readouterr()
        assert "name: Quickstart" in told.out
        assert f"There is no file {name} here; this is the one that comes with crlm, " in told.err
    assert (
        cli.status_of(
            [
                "run",
                "quickstart",
                "-q",
                "--set",
                "duration=5 min",
                "--set",
                "record.movie=false",
                "--set",
                "record.figures=false",
            ]
        )
        == 0
    )
    assert capsys.readouterr() == ("", "")
    assert Path("runs/quickstart-seed1/summary.json").exists()
    for name, said in (
        ("quickstar.yaml", "did you mean 'quickstart.yaml'?"),
        ("quickstat", "did you mean 'quickstart'?"),
        ("nothing.yaml", "crlm examples lists what comes with crlm"),
        ("x" * 300, "cannot be read"),
    ):
        assert cli.status_of(["check", name]) == 2
        assert said in capsys.readouterr().err


def test_a_file_for_another_command_is_told_so(config, capsys):
    Path("ours.yaml").write_text("base: little.yaml\narms: {a: {}}\n")
    for file in ("ours.yaml", "who_stops_them", "published/V01_kupffer_adhesion"):
        for command in ("run", "check", "anatomy"):
            assert cli.status_of([command, file]) == 2
            said = capsys.readouterr().err
            assert said.startswith(
                f"{file} is an experiment, of many runs: crlm batch {file}, or crlm batch {file} --dry-run"
            )
    assert cli.status_of(["batch", "little.yaml"]) == 2
    assert (
        "little.yaml is a config, of one run: crlm run little.yaml; an experiment has `base: little.yaml`"
        in capsys.readouterr().err
    )
    assert cli.status_of(["run", "calibration"]) == 2 and "crlm calibrate calibration" in capsys.readouterr().err
    assert cli.status_of(["calibrate", "quickstart"]) == 2 and "crlm run quickstart" in capsys.readouterr().err


def test_an_experiment_is_found_by_its_name(config, capsys):
    for name in (
        "who_stops_them",
        "who_stops_them.yaml",
        "configs/experiments/who_stops_them.yaml",
        "V24",
        "V24_e_selectin_kinetics",
    ):
        assert cli.status_of(["batch", name, "--dry-run"]) == 0
        assert "this is the one that comes with crlm, " in capsys.readouterr().err
    assert cli.status_of(["batch", "who_stop", "--dry-run"]) == 2
    assert "did you mean 'who_stops_them'?" in capsys.readouterr().err
    assert not Path("batches").exists()


@posix_only
def test_a_damaged_run_is_named_also_when_quiet(whole, killed, config, tmp_path, capsys):
    shutil.copytree(killed, tmp_path / "run")
    run = ["run", str(config), "-o", str(tmp_path / "run"), "-q"]
    part = tmp_path / "run" / "parts" / "timeseries-000000.parquet"
    content = part.read_bytes()
    part.write_bytes(content[:-50])
    assert cli.status_of([*run, "--resume"]) == 1
    told = capsys.readouterr().err
    assert "parts/timeseries-000000.parquet is not what was written" in told and "Put the file back" in told
    assert "mistake in crlm" not in told and "Traceback" not in told
    part.write_bytes(content)
    (tmp_path / "run" / "manifest.json").unlink()
    assert cli.status_of([*run, "--resume"]) == 0
    assert "has no manifest.json; it is written again" in capsys.readouterr().err
    assert differing(tmp_path / "run", whole) == []


def test_a_broken_invariant_is_said_in_words(config, capsys, monkeypatch):
    def broken(self, liver):
        liver.nets[2, 3] = -1

    monkeypatch.setattr("abm.rules.perfusion.Perfusion.apply", broken)
    assert cli.status_of(["run", str(config), "--check"]) == 1
    assert "step 0 (0 h), after the rule 'perfusion': nets is -1.0 at site (2, 3)" in capsys.readouterr().err


def test_a_run_says_where_its_output_is(whole, config, capsys):
    assert cli.status_of(["run", str(config), "-o", str(whole)]) == 2
    assert "holds a run already: go on with it (--resume)" in capsys.readouterr().err
    assert cli.status_of(["run", str(config), "-o", str(whole), "--resume"]) == 0
    told = capsys.readouterr()
    assert f"The run in {whole} was complete already." in told.out
    assert "events.parquet" in told.out and f"crlm movie {whole}" in told.out
    assert json.loads((whole / "summary.json").read_text())["events"]["arrived"] == 40
    columns = pq.read_schema(whole / "timeseries.parquet")
    assert all(field.metadata[b"unit"] for field in columns)
    for name in (
        "time_min",
        "tumor_adherent",
        "kupffer_engulfing",
        "natural_killer_handling",
        "neutrophil_n2",
        "stellate_activated",
        "endothelium_retracted",
        "events_arrived",
        "events_held_by_kupffer",
        "tnf_max",
        "oxygen_mean",
        "nets_total",
        "nodules",
        "tumor_area_um2",
        "blood_g_csf",
    ):
        assert name in columns.names


@posix_only
def test_killed_and_resumed_with_other_threads_gives_the_same_bytes(whole, killed, config, tmp_path, capsys):
    shutil.copytree(killed, tmp_path / "cut")
    assert manifest.read(tmp_path / "cut")["status"] == "running"
    assert cli.status_of(["run", str(config), "-o", str(tmp_path / "cut"), "--threads", THREADS, "--resume"]) == 0
    told = capsys.readouterr()
    assert "Resumed at" in told.err
    assert "Done:" in told.out
    assert differing(tmp_path / "cut", whole) == []


def test_the_resolved_config_gives_the_same_bytes(whole, config, tmp_path):
    assert cli.status_of(["run", str(whole / "config.yaml"), "-o", str(tmp_path / "again"), "-q"]) == 0
    assert differing(tmp_path / "again", whole) == []


def test_another_seed_is_another_run(whole, config, capsys):
    assert cli.status_of(["run", str(config), "--seed", "5", "--set", "duration=1 h"]) == 0
    assert "Done: runs/little-seed5" in capsys.readouterr().out
    assert manifest.read(Path("runs/little-seed5"))["seed"] == 5
    assert "events.parquet" in differing(Path("runs/little-seed5"), whole)
    assert cli.status_of(["run", str(config), "--seed", "6", "-o", "runs/little-seed5", "--resume"]) == 2
    assert "seed was 5, is now 6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "rules.phagocitosis.rate=1 /h"], "did you mean rules.phagocytosis"),
        (["--set", "duration=3 um"], "wrong dimension"),
        (["--set", "tissue.width=1 m", "--set", "tissue.height=1 m"], "The run would need about"),
        (["--set", "tissue.width=60 um"], "too small for one lobule"),
        (["--threads", "4096"], "is more than the"),
        (["--seed", "-1"], "--seed"),
        (["-o", "little.yaml"], "is a file, not a folder"),
        (["-o", ""], "the name of the folder is empty"),
        (
            ["--set", "interventions=[{stimulate: lps, level: 3, start: -1000000 d}]"],
            "interventions[0].start\n    a run begins at most 10 years before time 0",
        ),
        (["--nonsense"], "No such option"),
    ],
)
def test_wrong_input_is_said_in_words(config, capsys, arguments, said):
    assert cli.status_of(["run", str(config), *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not Path("runs").exists()


def test_a_missing_file(config, capsys):
    assert cli.status_of(["run", "litle.yaml"]) == 2
    assert "did you mean 'little.yaml'" in capsys.readouterr().err


def test_an_unwritable_folder(config, capsys, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert cli.status_of(["run", str(config)]) == 1
    assert "Permission denied" in capsys.readouterr().err


def test_what_is_our_own_mistake_is_said_to_be(config, capsys, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("abm.config.load_config", broken)
    assert cli.status_of(["check", str(config)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setenv(cli.DEBUG, "1")
    with pytest.raises(ZeroDivisionError):
        cli.status_of(["check", str(config)])


def test_drawing_that_fails_does_not_lose_the_run(config, capsys, monkeypatch):
    def broken(folder):
        raise RuntimeError("no ink")

    monkeypatch.setattr("abm.view.figures.plot_run", broken)
    run = ["run", str(config), "--set", "duration=1 h", "--set", "record.figures=true"]
    assert cli.status_of(run) == 1
    said = capsys.readouterr().err
    assert "The data of the run are in runs/little-seed1, but drawing failed: RuntimeError: no ink" in said
    assert Path("runs/little-seed1/summary.json").exists()


def test_check(config, capsys):
    assert cli.status_of(["check", str(config), "--set", "rules.phagocytosis.rate=9 /h"]) == 0
    told = capsys.readouterr().out
    assert "per_area: 250 /mm^2" in told
    assert "\nduration: 6 h\nstep: 5 min\ntissue:\n  width: 400 um\n" in told
    assert "# 40 x 40 sites, 0.16 mm2; 72 steps, 7 frames" in told
    assert "# tumor cells expected: 40, among 29 Kupffer cells" in told
    assert "# unusual: rules.phagocytosis.rate: 9 /h is outside the plausible range" in told
    assert "above one per 3" in told
    assert "memory: about" in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("tissue.width=60 um", "too small for one lobule"),
        ("tissue.width=1 m", "The run would need about"),
        ("fields.tnf.decay=1000 /h", "lower decay to at most"),
        ("cells.kupffer.density=90000 /mm^2", "make them fewer"),
        ("interventions=[{implant: 400, cells: 5000}]", "The implanted colonies have 2,000,000 cells"),
    ],
)
def test_check_refuses_what_run_refuses(config, capsys, change, said):
    for command in ("check", "run"):
        assert (
            cli.status_of(
                [command, str(config), "--set", change, *(["--set", "tissue.height=1 m"] if "1 m" in change else [])]
            )
            == 2
        )
        told = capsys.readouterr()
        assert said in told.err and told.out == ""


def test_check_warns_of_cells_that_would_wait_for_room(config, capsys):
    assert cli.status_of(["check", str(config), "--set", "rules.arrival.enrichment=1000"]) == 0
    assert "wait in the blood for room: lower rules.arrival.enrichment" in capsys.readouterr().out


def test_rules_interventions_and_measures_by_name_and_word(config, capsys):
    assert cli.status_of(["rules", "phagocytosis", "netosis"]) == 0
    told = capsys.readouterr().out
    assert "Phagocytosis: Kupffer cells engulf" in told and "Bouwens 1986" in told and "NETosis" in told
    assert "Extravasation" not in told and "--set rules.phagocytosis=off" in told
    assert cli.status_of(["rules", str(config), "arrival"]) == 0
    assert "250 /mm^2" in capsys.readouterr().out
    assert cli.status_of(["rules", "phagocitosis"]) == 2
    assert "did you mean 'phagocytosis'?" in capsys.readouterr().err
    for command in ("rules", "interventions", "measures"):
        assert cli.status_of([command, "--grep", "kupffer"]) == 0
        some = capsys.readouterr().out
        assert cli.status_of([command, "--all"]) == 0
        assert 0 < len(some) < len(capsys.readouterr().out)


def test_new_writes_once_and_what_it_writes_is_right(config, capsys):
    assert cli.status_of(["new", "mine.yaml"]) == 0
    before = Path("mine.yaml").read_text()
    assert cli.status_of(["check", "mine.yaml"]) == 0
    assert cli.status_of(["new", "mine.yaml"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("mine.yaml").read_text() == before
    assert cli.status_of(["new", "mine.txt"]) == 2
    assert cli.status_of(["new", "nowhere/mine.yaml"]) == 2


def test_the_starter_is_a_metastasis(config, capsys):
    assert cli.status_of(["new", "mine.yaml"]) == 0
    mine = load_config("mine.yaml")
    assert mine.labels == {"line": "mc38", "host": "c57bl6_resting"} and mine.cells.natural_killer.density == 22
    needs = estimate(mine)
    assert needs.tumor_cells > 100 and needs.area_mm2 < 2 and mine.duration <= 14 * 24 and needs.warnings == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_starter_ends_with_colonies_that_one_can_see(config, seed):
    assert cli.status_of(["new", "mine.yaml"]) == 0
    model = LiverModel(load_config("mine.yaml", [f"seed={seed}"]))
    Simulation(model, recorders=[]).run()
    assert (survey(model, 4)["cells"] >= 50).sum() >= 5


def test_a_copy_of_what_comes_with_crlm(config, capsys):
    for one in shipped():
        copy = f"copy_{one.kind}_{one.name}.yaml"
        assert cli.status_of(["new", copy, "--from", one.id]) == 0
        assert (
            "yaml-language-server" not in Path(copy).read_text() and f"configs/{one.name}" not in Path(copy).read_text()
        )
        told = capsys.readouterr().out
        if one.kind in ("experiment", "published"):
            assert f"crlm batch {copy} --dry-run" in told
            few = ["sweep.points=2"] if "latin_hypercube" in one.path.read_text() else []
            assert load_experiment(copy, few).configs == load_experiment(one.path, few).configs
        elif one.kind == "trial":
            assert f"crlm trial {copy} --dry-run" in told
            few = ["cohort.patients=2"]
            assert load_trial(copy, few).experiment.configs == load_trial(one.path, few).experiment.configs
        elif one.kind == "cohort":
            assert f"name it in a trial: cohort: {copy}" in told
        elif one.kind == "config":
            assert f"crlm check {copy}" in told
            assert load_config(copy) == load_config(one.path)
        elif one.kind == "regimen":
            assert "keep it in a folder regimens beside your config" in told
    assert (
        cli.status_of(["check", "copy_regimen_folfox4.yaml"]) == 2 and cli.status_of(["check", "regimens/folfox4"]) == 2
    )
    told = capsys.readouterr().err
    assert "is a regimen of drugs" in told and "regimens/folfox4: there is no such file" in told
    assert cli.status_of(["new", "mine.yaml", "--from", "drugs/cetuximab"]) == 0
    assert "in a folder drugs" in capsys.readouterr().out and "egfr" in Path("mine.yaml").read_text()
    before = Path(copy).read_text()
    assert cli.status_of(["new", copy, "--from", "quickstart"]) == 2 and Path(copy).read_text() == before
    capsys.readouterr()
    assert cli.status_of(["new", "other.yaml", "--from", "quickstat"]) == 2
    assert "did you mean 'quickstart'?" in capsys.readouterr().err and not Path("other.yaml").exists()


def test_examples_lists_what_comes_with_crlm(capsys, monkeypatch):
    for width in (60, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        assert cli.status_of(["examples"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= width
        starts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
        assert [name for name in starts if name in {one.id for one in shipped()}] == [one.id for one in shipped()]


def test_what_is_wrong_on_the_command_line_is_not_in_the_file(config, capsys):
    assert cli.status_of(["run", "quickstart", "--set", "rules.phagocytosis.rat=0.1/h"]) == 2
    assert capsys.readouterr().err.endswith("did you mean rules.phagocytosis.rate?\n1 problem on the command line\n")
    config.write_text(LITTLE + "durtion: 3 d\n")
    assert cli.status_of(["run", "little.yaml", "--set", "sed=3"]) == 2
    assert capsys.readouterr().err.endswith("\n2 problems in little.yaml and on the command line\n")


def test_a_mistake_in_a_rule_of_ones_own_is_told_with_its_line(config, capsys):
    Path("mine.py").write_text(
        'from abm import Rule, rule\n\n@rule\nclass Mine(Rule):\n    """Mine."""\n    name = "mine"\n'
        "    def apply(self, liver):\n        liver.tumor.nothing()\n"
    )
    config.write_text(LITTLE + "plugins: [mine.py]\n")
    assert cli.status_of(["run", "little.yaml"]) == 1
    said = capsys.readouterr().err
    assert (
        f"  {Path('mine.py').resolve()}, line 8, in apply:\n    liver.tumor.nothing()\nThis is a mistake in that file"
        in said
    )
    assert "AttributeError: 'Population' object has no attribute 'nothing'" in said


def test_a_run_to_resume_that_is_not_there_is_told(config, capsys):
    assert cli.status_of(["run", "little.yaml", "--resume", "--set", "duration=1 h"]) == 0
    assert "runs/little-seed1 holds nothing to resume; the run begins." in capsys.readouterr().err


def test_each_phase_is_told(config, capsys):
    drawn = ["duration=1 h", "record.figures=true", "record.movie=true"]
    assert cli.status_of(["run", "little.yaml", *(word for change in drawn for word in ("--set", change))]) == 0
    said = capsys.readouterr().err.splitlines()
    phases = ["building the liver", "simulating", "drawing the figures", "drawing the movie"]
    places = [said.index(f"{phase[0].upper()}{phase[1:]}.") for phase in phases]
    assert places == sorted(places) and re.fullmatch(
        r"Took .*: " + ", ".join(f"{phase} [0-9.]+ s" for phase in phases) + r"\.", said[-1]
    )


def test_schema_is_json(capsys):
    assert cli.status_of(["schema"]) == 0
    assert "tissue" in json.loads(capsys.readouterr().out)["properties"]


def test_rules_of_a_config(config, capsys):
    assert cli.status_of(["rules", str(config)]) == 0
    assert "250 /mm^2" in capsys.readouterr().out


def test_movie_and_plot_want_a_run(whole, config, capsys):
    for command in ("movie", "plot"):
        assert cli.status_of([command, "."]) == 2
        assert "is not the folder of a run" in capsys.readouterr().err
    assert cli.status_of(["movie", str(whole), "--field", "oxigen"]) == 2
    assert "did you mean 'oxygen'?" in capsys.readouterr().err
    assert cli.status_of(["movie", str(whole), "--format", "avi"]) == 2


def test_movie_and_plot_draw(whole, capsys):
    for name in ("oxygen", "TNF", "TGF-β", "IL-8"):
        assert cli.status_of(["movie", str(whole), "--field", name, "--format", "gif", "--pixels", "160"]) == 0
    assert cli.status_of(["plot", str(whole)]) == 0
    told = capsys.readouterr()
    assert "Drawing the movie." in told.err and "Drawing the figures." in told.err
    written = [Path(line.removeprefix("Wrote ")) for line in told.out.splitlines()]
    assert {"movie_tnf.gif", "movie_tgf_beta.gif", "movie_cxcl1.gif"} <= {path.name for path in written}
    assert {"cascade.png", "overview.png"} <= {path.name for path in written}
    assert all(path.exists() for path in written)


def test_anatomy(config, capsys):
    assert cli.status_of(["anatomy", str(config)]) == 0
    told = capsys.readouterr().out
    assert "sinusoid_share" in told and "transit_p50" in told
    assert Path("runs/little-anatomy/anatomy.png").exists()
    assert (
        json.loads(Path("runs/little-anatomy/anatomy.json").read_text())["passages"]["touching_share"]["unit"]
        == "of passages"
    )


def test_commands_to_be_typed_next_are_quoted(whole, config, capsys, monkeypatch):
    own = Path("my runs")
    own.mkdir()
    assert cli.status_of(["new", str(own / "it's mine.yaml")]) == 0
    told = capsys.readouterr().out.partition("then: ")[2]
    assert shlex.split(told) == ["crlm", "check", "my runs/it's mine.yaml"]
    (own / "a b").symlink_to(whole)
    assert cli.status_of(["run", str(config), "-o", "my runs/a b", "--resume"]) == 0
    told = capsys.readouterr().out.splitlines()[-1].removeprefix("Next: ").split("; ")
    assert [shlex.split(one) for one in told[:2]] == [
        ["crlm", "movie", "my runs/a b", "--field", "cxcl1"],
        ["crlm", "plot", "my runs/a b"],
    ]
