"""The measures that come with the simulator, one file per topic."""

from ..measure import Measure
from . import borders, cascade, drugs, endothelium, fields, growth, immunity, killing, nodules, populations, tumor

MEASURES: dict[str, Measure] = {
    value.name: value
    for topic in (tumor, nodules, borders, growth, cascade, killing, populations, immunity, endothelium, fields, drugs)
    for value in vars(topic).values()
    if isinstance(value, Measure) and value.function.__module__ == topic.__name__
}
