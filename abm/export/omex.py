"""COMBINE archives (OMEX): a config or an experiment with everything that it needs to be run again, and its results if there are any.

`manifest.xml` says what each file is; the one marked `master` is run by `crlm run FILE.omex`. `versions.json` has the versions with
which the same bytes come out, `ro-crate-metadata.json` says the same things to those who read RO-Crate.
"""

import json
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from ..batches.batch import plugins_of, resolved
from ..batches.experiment import Experiment
from ..config.describe import as_yaml, resolved_yaml
from ..config.schema import Config
from ..folder import manifest
from ..folder.files import DamagedFile, scratch_folder, write_whole
from ..folder.names import BATCH, EXPERIMENT, RESULTS, SERIES
from ..kept.run import KeptRun
from ..simulation import PLUGINS
from .contents import Content, contents_of
from .ro_crate import METADATA, crate_of

NAME, ENDING = "omex", ".omex"
_MANIFEST, _VERSIONS = "manifest.xml", "versions.json"
_SPACE = "http://identifiers.org/combine.specifications/omex-manifest"
_ARCHIVE = "http://identifiers.org/combine.specifications/omex"
_MEDIA = "http://purl.org/NET/mediatypes/"
_MOST_BYTES = 100_000_000
"""A file that is unpacked to be run is no larger: it is text."""
Kind = Literal["config", "experiment"]
_MASTERS: Mapping[str, Kind] = {manifest.CONFIG: "config", EXPERIMENT: "experiment"}


class Unpacked(NamedTuple):
    """What an archive holds to be run.

    kind, file : a config or an experiment, and where it is unpacked; versions : package -> version, of what it was made with
    """

    kind: Kind
    file: Path
    versions: dict[str, str]


# --- Writing ----------------------------------------------------------------------------------------------------------


def pack_run(run: KeptRun, path: Path) -> None:
    """Write the archive of a complete run, its results included."""
    _pack(path, run.title, run.manifest["config"]["description"], contents_of(run.folder), run.manifest["versions"])


def pack_config(config: Config, path: Path) -> None:
    """Write the archive of a config, everything filled in, with copies of its plugins."""
    master = Content(manifest.CONFIG, None, "the config, everything filled in", resolved_yaml(config, PLUGINS))
    _pack(path, config.name, config.description, [master, *_own(config.companions)], manifest.versions())


def pack_experiment(experiment: Experiment, path: Path) -> None:
    """Write the archive of an experiment, everything filled in, with copies of its plugins."""
    master = Content(EXPERIMENT, None, "the experiment, everything filled in", as_yaml(resolved(experiment)))
    contents = [master, *_own(plugins_of(experiment))]
    _pack(path, experiment.name, experiment.description, contents, manifest.versions())


def pack_batch(folder: Path, path: Path) -> None:
    """Write the archive of a batch: the experiment, and a row per run."""
    noted = json.loads((folder / BATCH).read_text(encoding="utf-8"))
    words = {
        EXPERIMENT: "the experiment, everything filled in",
        RESULTS: "a row per run",
        SERIES: "what was measured through time",
        BATCH: "what was run, with what",
    }
    contents = [Content(name, folder / name, said) for name, said in words.items() if (folder / name).exists()]
    own = _own(sorted((folder / PLUGINS).glob("[!.]*.*")))
    _pack(path, noted["name"], "", [*contents, *own], noted["versions"])


def _own(plugins: Sequence[Path]) -> list[Content]:
    return [Content(f"{PLUGINS}/{path.name}", path, "a file that is named there") for path in plugins]


def _pack(path: Path, title: str, about: str, contents: Sequence[Content], versions: Mapping[str, str]) -> None:
    master, *_ = contents
    inputs = [content.name for content in contents if content is master or content.name.startswith(f"{PLUGINS}/")]
    crate = crate_of(title, about, contents, dict(versions), inputs)
    texts = {
        _VERSIONS: json.dumps(dict(versions), indent=2) + "\n",
        METADATA: json.dumps(crate.metadata.generate(), indent=2, ensure_ascii=False) + "\n",
    }
    files = [file for content in contents for file in content.files()]
    listed = [(file.name, _MEDIA + file.media_type) for file in files]
    listed += [(_VERSIONS, f"{_MEDIA}application/json"), (METADATA, f"{_MEDIA}application/ld+json")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST, _manifest(listed, master.name))
        for name, text in texts.items():
            archive.writestr(name, text)
        for file in files:
            if file.path is None:
                archive.writestr(file.name, file.text)
            else:
                archive.write(file.path, file.name)


def _manifest(listed: Sequence[tuple[str, str]], master: str) -> str:
    root = ElementTree.Element("omexManifest", xmlns=_SPACE)
    ElementTree.SubElement(root, "content", location=".", format=_ARCHIVE)
    ElementTree.SubElement(root, "content", location=f"./{_MANIFEST}", format=_SPACE)
    for name, format in listed:
        entry = ElementTree.SubElement(root, "content", location=f"./{name}", format=format)
        if name == master:
            entry.set("master", "true")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


# --- Reading ----------------------------------------------------------------------------------------------------------


@contextmanager
def unpacked(path: Path) -> Iterator[Unpacked]:
    """What an archive holds to be run, for as long as it is used. Raises DamagedFile for what is no archive of crlm,
    FileNotFoundError when it is not there."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DamagedFile(f"{path} is no COMBINE archive ({error})") from error
    with archive, scratch_folder(Path(tempfile.gettempdir()), "crlm-omex-") as scratch:
        try:
            names = _listed(archive)
            master = next(name for name, is_master in names.items() if is_master and name in _MASTERS)
            versions = json.loads(archive.read(_VERSIONS)) if _VERSIONS in names else {}
            for name in names:
                if name == master or PurePosixPath(name).parent == PurePosixPath(PLUGINS):
                    _unpack(archive, name, scratch)
        except StopIteration:
            raise DamagedFile(f"{path} has no {' or '.join(_MASTERS)} that its {_MANIFEST} calls master") from None
        except (KeyError, ValueError, ElementTree.ParseError, zipfile.BadZipFile) as error:
            raise DamagedFile(f"{path} is no COMBINE archive that can be run ({error})") from error
        yield Unpacked(_MASTERS[master], scratch / master, versions)


def _listed(archive: zipfile.ZipFile) -> dict[str, bool]:
    """The names that the manifest lists, and whether each is the master. Raises KeyError, ParseError."""
    root = ElementTree.fromstring(archive.read(_MANIFEST))
    return {
        entry.attrib["location"].removeprefix("./"): entry.get("master") == "true"
        for entry in root.iter(f"{{{_SPACE}}}content")
    }


def _unpack(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    """Unpack one file of text into the folder. Raises ValueError for what is too large or would lie elsewhere, KeyError."""
    place, about = PurePosixPath(name), archive.getinfo(name)
    if place.is_absolute() or ".." in place.parts or about.file_size > _MOST_BYTES:
        raise ValueError(f"{name} is not unpacked")
    target = folder.joinpath(*place.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, lambda beside: beside.write_bytes(archive.read(name)))
