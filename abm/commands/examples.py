"""`crlm examples`: what comes with crlm."""

from ..config.shipped import shipped
from .catalogue import Entry, a_console, list_entries, paragraph

_HEADINGS = {
    "config": "Configs, of one run: crlm run NAME",
    "experiment": "Experiments, of many runs: crlm batch NAME",
    "published": "Published experiments: crlm reproduce NAME",
    "trial": "Trials, of a cohort of patients: crlm trial NAME",
    "cohort": "Cohorts: `cohort: NAME` in a trial",
    "line": "Lines, the tumor: `line: NAME` in a config",
    "host": "Hosts, the animal: `host: NAME` in a config",
    "regimen": "Regimens of drugs: `interventions: [{therapy: NAME}]` in a config; crlm regimens NAME",
    "drug": "Drugs, which regimens name: crlm drugs NAME",
}


def show_examples() -> None:
    """Print a line for each file that comes with crlm."""
    console = a_console()
    for kind, heading in _HEADINGS.items():
        entries = [Entry(one.id, one.sentence) for one in shipped() if one.kind == kind]
        if entries:
            paragraph(console, heading, style="bold")
            list_entries(console, entries)
            console.print()
    paragraph(console, "To change one: crlm new my.yaml --from NAME writes a copy, with its comments.")
