"""`crlm drugs` and `crlm regimens`: the drugs with their numbers, and how they are given."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.errors import keys_of, quantity_of
from ..config.loading import pharmacy
from ..config.shipped import shipped
from ..pharmacology import Act, Drug, Patient, Regimen
from ..pharmacology.dosing import Given
from ..pharmacology.drug import Origin
from ..pharmacology.kinetics import COMPARTMENTS, EFFECT, Kinetics
from ..units import Declared, Quantity, in_time
from .catalogue import Entry, Item, Items, Number, show, untitled

if TYPE_CHECKING:
    from ..config.schema import Config

DRUGS_FOOTER = (
    "Everything about some: crlm drugs cetuximab oxaliplatin. What speaks of a word: crlm drugs --grep egfr. Everything: crlm drugs "
    "--all. With those of a config: crlm drugs my.yaml. How they are given: crlm regimens."
)
REGIMENS_FOOTER = (
    "Everything about some: crlm regimens folfox4. What speaks of a word: crlm regimens --grep oxaliplatin. Everything: crlm "
    "regimens --all. With those of a config: crlm regimens my.yaml. In a config: interventions: [{therapy: folfox4, start: 5 d}]."
)
_WEEK = 168.0
_SAID = {"half": "half at", "most": "at most"}
"""Keys of acts that are said in other words."""


def show_drugs(
    config: "Config | None", names: Sequence[str] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print a line per drug (of a config with its own); some of them with every number and act; what speaks of a word; or
    everything. Raises UserError for an unknown name."""
    show(
        drug_entries(config),
        names,
        grep=grep,
        everything=everything,
        noun="drug",
        footer=DRUGS_FOOTER,
        command="drugs",
    )


def show_regimens(
    config: "Config | None", names: Sequence[str] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print a line per regimen (of a config with its own, and for its patient); some of them with every dose; what speaks of a word;
    or everything. Raises UserError for an unknown name."""
    show(
        regimen_entries(config),
        names,
        grep=grep,
        everything=everything,
        noun="regimen",
        footer=REGIMENS_FOOTER,
        command="regimens",
    )


def drug_entries(config: "Config | None" = None) -> list[Entry]:
    """An entry per drug that comes with the simulator, and of a config's own."""
    drugs, regimens = _known("drugs", config), _known("regimens", config)
    given_in = {
        name: [regimen for regimen, of in regimens.items() if any(given.drug == name for given in of.doses)]
        for name in drugs
    }
    return [_of_drug(name, drug, given_in[name]) for name, drug in drugs.items()]


def regimen_entries(config: "Config | None" = None) -> list[Entry]:
    """An entry per regimen that comes with the simulator, and of a config's own."""
    patient = config.patient if config is not None else Patient()
    drugs = _known("drugs", config)
    return [_of_regimen(name, regimen, drugs, patient) for name, regimen in _known("regimens", config).items()]


def _known(group: str, config: "Config | None") -> dict[str, Any]:
    """The drugs or regimens by name: those that come with the simulator, and a config's own in their place."""
    return {**getattr(pharmacy(), group), **(getattr(config, group) if config is not None else {})}


def _sentence(kind: str, name: str, thing: Drug | Regimen) -> str:
    """What it is: as its file says where it comes with the simulator, else in its own words."""
    usual = pharmacy().drugs.get(name) if kind == "drug" else pharmacy().regimens.get(name)
    if usual is not None and thing.words == usual.words:
        return untitled(name, next(one.sentence for one in shipped() if (one.kind, one.name) == (kind, name)))
    return thing.words or f"a {kind} of your own"


# --- Drugs ------------------------------------------------------------------------------------------------------------


def _of_drug(name: str, drug: Drug, regimens: Sequence[str]) -> Entry:
    acts = [Item(f"{act.kind}: {act.target}", _numbers_of(act), act.mark, act.source) for act in drug.acts]
    more: list[str | Items] = [f"dosed in: {drug.dosed}", Items("acts", acts) if acts else "acts: none"]
    more += [f"given in: {', '.join(regimens)}"] if regimens else []
    numbers = list(_numbers(drug))
    return Entry(
        name,
        _sentence("drug", name, drug),
        numbers=numbers,
        more=more,
        size=drug.kind.replace("_", " "),
        words=" ".join(
            [
                drug.words,
                drug.kind,
                *regimens,
                *(f"{act.kind} {act.target} {act.meaning} {act.source}" for act in drug.acts),
            ]
        ),
    )


def _numbers(drug: Drug) -> Iterator[Number]:
    """The numbers that are given, each with its source, and the half-life that follows."""
    annotations, fields = keys_of(type(drug)), type(drug).model_fields
    for name in drug.given_numbers:
        origin, quantity = drug.sources.get(name), quantity_of(annotations[name])
        assert quantity is not None
        value = quantity.beside(origin.low if origin is not None else None, getattr(drug, name))
        yield _number(name, value, origin, fields[name].description or "")
    half_life = half_life_of(drug)
    if half_life is not None:
        source = "the slowest of the exponentials by which it leaves the blood"
        source += ", where its second way of elimination is saturated" if drug.saturable else ""
        origin = Origin(mark="derived", source=source)
        yield _number("half-life", _half_life(half_life), origin, "terminal, in the blood, from the numbers above")


def _number(name: str, value: str, origin: Origin | None, description: str) -> Number:
    """A number whose value, in words, tells its unit."""
    unit = Quantity(value.partition(" ")[2], "", "")
    low, high = (origin.low, origin.high) if origin is not None else (None, None)
    mark, source = (origin.mark, origin.source) if origin is not None else ("", "")
    return Number(Declared(name, unit, value, low, high, mark, source, description), value)


def _half_life(hours: float) -> str:
    """'13.3 d', '17.2 h', '7.1 min'"""
    number, unit = (hours / 24.0, "d") if hours >= 48.0 else (hours, "h") if hours >= 1.0 else (hours * 60.0, "min")
    return f"{number:.3g} {unit}"


def half_life_of(drug: Drug) -> float | None:
    """The terminal half-life (hours) in the blood of the median patient, without elimination that saturates; None where there is no
    other."""
    if drug.clearance == 0.0:
        return None
    kinetics = Kinetics(drug.model_copy(update={"saturable": 0.0}))
    over_an_hour = np.array([kinetics.after(one, 1.0) for one in np.eye(COMPARTMENTS)]).T
    compartments = [number for number in range(COMPARTMENTS) if number != EFFECT and over_an_hour[number].any()]
    left = np.abs(np.linalg.eigvals(over_an_hour[np.ix_(compartments, compartments)]))
    return -math.log(2.0) / math.log(left[left < 1.0 - 1e-12].max())


def _numbers_of(act: Act) -> str:
    """'half at 5 mg/L (2 to 10), at most 0.9', with the plausible range of each"""
    annotations = keys_of(type(act))
    told = []
    for key, field in type(act).model_fields.items():
        value = getattr(act, key)
        if key not in ("mark", "source", "ranges", act.kind) and value != field.default:
            told.append("off" if value is False else f"{_SAID.get(key, key)} {_readable(annotations[key], value)}")
            if key in act.ranges:
                low, high = (str(end).partition(" ")[0] for end in act.ranges[key])
                told[-1] += f" ({low} to {high})"
    return ", ".join(told)


def _readable(annotation: Any, value: Any) -> str:
    if isinstance(value, Mapping):
        return " and ".join(f"{name} {share:g}" for name, share in value.items())
    quantity = quantity_of(annotation)
    return str(quantity.readable(value)) if isinstance(quantity, Quantity) else str(value)


# --- Regimens ---------------------------------------------------------------------------------------------------------


def _of_regimen(name: str, regimen: Regimen, drugs: dict[str, Drug], patient: Patient) -> Entry:
    who = f"a patient of {patient.weight:g} kg and {patient.body_surface:g} m^2"
    doses = [Item(given.drug, _dose(given, drugs, patient), regimen.mark, regimen.source) for given in regimen.doses]
    per_week = [Item(drug, _per_week(regimen, drug, patient)) for drug in dict.fromkeys(_drugs_of(regimen))]
    cycles = "until it is stopped" if regimen.cycles is None else f"{regimen.cycles} cycles"
    return Entry(
        name,
        _sentence("regimen", name, regimen),
        more=[
            f"a cycle of {in_time(regimen.cycle)}, {cycles}",
            Items(f"doses of a cycle, in mg for {who}", doses),
            Items("dose per week" + (", from the second cycle on" if _changes(regimen) else ""), per_week),
            f"given with: interventions: [{{therapy: {name}}}]",
        ],
        size=f"every {in_time(regimen.cycle)}",
        words=" ".join([regimen.words, regimen.source, *_drugs_of(regimen)]),
    )


def _drugs_of(regimen: Regimen) -> list[str]:
    return [given.drug for given in regimen.doses]


def _changes(regimen: Regimen) -> bool:
    """Whether its first cycle is another than the later ones."""
    return any(given.cycles != "all" for given in regimen.doses)


def _dose(given: Given, drugs: dict[str, Drug], patient: Patient) -> str:
    """'85 mg/m^2 over 2 h, 157 mg', '5 mg swallowed, 21 times, every 1 d, 105 mg in all'"""
    swallowed = given.drug in drugs and drugs[given.drug].absorption is not None
    how = f"over {in_time(given.over)}" if given.over else "swallowed" if swallowed else "at once"
    told = [f"{given.dose} {how}"]
    told += [f"{in_time(given.at)} after the beginning"] if given.at else []
    told += [f"{given.times} times, every {in_time(given.every)}"] if given.every is not None else []
    told += {"all": [], "first": ["in the first cycle only"], "later": ["not in the first cycle"]}[given.cycles]
    milligrams = given.dose.milligrams(patient)
    told.append(
        f"{milligrams:.4g} mg" + (f" each, {milligrams * given.times:.4g} mg in all" if given.times > 1 else "")
    )
    return ", ".join(told)


def _per_week(regimen: Regimen, drug: str, patient: Patient) -> str:
    """'42.5 mg/m^2, 78.62 mg': of a drug, in the cycles after the first where these differ."""
    later = [given for given in regimen.doses if given.drug == drug and given.cycles != "first"]
    per_week: dict[str, float] = {}
    for given in later:
        amounts = {given.dose.unit: given.dose.amount} | {"mg": given.dose.milligrams(patient)}
        for unit, amount in amounts.items():
            per_week[unit] = per_week.get(unit, 0.0) + amount * given.times * _WEEK / regimen.cycle
    return ", ".join(f"{amount:.4g} {unit}" for unit, amount in per_week.items()) or "none"
