"""RO-Crate: the folder of a run in one archive that says what each file is, what made it, and what its columns mean."""

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..folder import manifest
from ..folder.names import table_file
from ..kept.run import KeptRun
from ..simulation import PLUGINS
from .contents import Content, contents_of
from .format import Format, needed_for

METADATA = "ro-crate-metadata.json"
_HOME = "#crlm"


def crate_of(
    title: str, about: str, contents: Iterable[Content], versions: dict[str, str], inputs: Iterable[str]
) -> Any:
    """An `rocrate.rocrate.ROCrate` of files.

    versions : package -> version, of what made them; inputs : names of those of which the others were made
    """
    with needed_for("RO-Crate"):
        from rocrate.model.contextentity import ContextEntity
        from rocrate.rocrate import ROCrate

    crate = ROCrate()
    crate.name, crate.description = title, about or title
    given, taken = set(inputs), {}
    for content in contents:
        properties = {"name": content.name, "description": content.words}
        if content.path is not None and content.path.is_dir():
            taken[content.name] = crate.add_dataset(content.path, f"{content.name}/", properties=properties)
        else:
            properties["encodingFormat"] = content.media_type
            taken[content.name] = crate.add_file(content.path, content.name, properties=properties)
    software = crate.add(
        ContextEntity(
            crate,
            _HOME,
            properties={
                "@type": "SoftwareApplication",
                "name": "crlm",
                "softwareVersion": versions["crlm"],
                "softwareRequirements": [
                    f"{package} {version}" for package, version in versions.items() if package != "crlm"
                ],
            },
        )
    )
    crate.add_action(
        software,
        object=[each for name, each in taken.items() if name in given],
        result=[each for name, each in taken.items() if name not in given],
        properties={"name": f"simulation of {title}"},
    )
    return crate


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    with needed_for("RO-Crate"):
        from rocrate.model.contextentity import ContextEntity

    contents = contents_of(run.folder)
    plugins = [content.name for content in contents if content.name.startswith(f"{PLUGINS}/")]
    crate = crate_of(
        run.title,
        run.manifest["config"]["description"],
        contents,
        run.manifest["versions"],
        [manifest.CONFIG, *plugins],
    )
    written = datetime.datetime.fromtimestamp((run.folder / manifest.NAME).stat().st_mtime, datetime.UTC)
    crate.datePublished = written
    for name in run.tables:
        table = getattr(run, name)
        crate.dereference(table_file(name))["variableMeasured"] = [
            crate.add(
                ContextEntity(
                    crate,
                    f"#{name}/{column}",
                    properties={
                        "@type": "PropertyValue",
                        "name": column,
                        "unitText": table.attrs["units"][column],
                        "description": table.attrs["long_name"][column],
                    },
                )
            )
            for column in table
        ]
    crate.write_zip(path)


RO_CRATE = Format(
    "ro-crate",
    ".crate.zip",
    "the whole folder in one archive that says what each file and column is",
    _write,
)
