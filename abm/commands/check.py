"""`crlm check`: a config with everything filled in, what its run would need, and what is unusual in it."""

from typing import TYPE_CHECKING

from ..config.describe import resolved_yaml, warnings
from ..estimate import count_in_words, duration_in_words, estimate, in_words, kernels_are_cold
from ..interventions.condition import conditions
from ..progress import progress
from .ahead import counting
from .run import refuse_impossible

if TYPE_CHECKING:
    from ..config.schema import Config

_OF_BUILDING = "abm.tissue"
"""Whose kernels build a liver."""


def check_config(config: "Config") -> None:
    """Print it. Raises UserError for a config that `crlm run` would refuse."""
    if kernels_are_cold(_OF_BUILDING):
        with progress(False) as shown, counting(shown):
            shown.tell(
                "The kernels that build a liver are compiled first, which takes half a minute, and only this once."
            )
            refuse_impossible(config)
    else:
        refuse_impossible(config)
    needs = estimate(config)
    print(resolved_yaml(config, readable=True))
    print(
        f"# {needs.rows:,} x {needs.columns:,} sites, {needs.area_mm2:.4g} mm2; {needs.steps:,} steps, {needs.frames:,} frames"
    )
    print(
        f"# tumor cells expected: {count_in_words(needs.tumor_cells)}, among {count_in_words(needs.kupffer_cells)} Kupffer cells"
    )
    print(
        f"# memory: about {in_words(needs.memory_bytes)}; disk: about {in_words(needs.disk_bytes)}; "
        f"time: about {duration_in_words(needs.seconds)} on one core"
    )
    for number, condition in conditions(config.interventions):
        print(f"# {config.interventions[number].title}: only {condition.in_words()}")
    sentences = [*needs.warnings, *warnings(config)]
    for warning in sentences:
        print(f"# unusual: {warning}")
    if not sentences:
        print("# nothing unusual")
