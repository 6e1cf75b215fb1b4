"""What happens: one mechanism per file. Reading this list is reading the model: the rules run in this order."""

from .angiogenesis import Angiogenesis
from .anoikis import Anoikis
from .antigen_presentation import AntigenPresentation
from .arrest import Arrest
from .arrival import Arrival
from .compression import Compression
from .debris import DebrisOfCells
from .drug_killing import DrugKilling
from .drug_penetration import DrugPenetration
from .emt import EpithelialMesenchymalTransition
from .endothelial_activation import EndothelialActivation
from .extravasation import Extravasation
from .fibroblast_growth import FibroblastGrowth
from .fibroblast_killing import FibroblastKilling
from .fibroblast_state import FibroblastState
from .growth import Growth
from .growth_signalling import GrowthSignalling
from .helper_differentiation import HelperDifferentiation
from .hepatitis import Hepatitis
from .immune_suppression import ImmuneSuppression
from .inkt_signal import InvariantNKTSignal
from .kupffer_crawling import KupfferCrawling
from .kupffer_reprogramming import KupfferReprogramming
from .leukocyte_crossing import LeukocyteCrossing
from .leukocyte_entry import LeukocyteEntry
from .lymphodepletion import Lymphodepletion
from .macrophage_matrix import MacrophageMatrix
from .macrophage_phagocytosis import MacrophagePhagocytosis
from .macrophage_polarisation import MacrophagePolarisation
from .matrix_cleavage import MatrixCleavage
from .migration import Migration
from .net_guidance import NetGuidance
from .net_trapping import NetTrapping
from .netosis import Netosis
from .neutrophil_killing import NeutrophilKilling
from .neutrophil_polarisation import NeutrophilPolarisation
from .neutrophil_recruitment import NeutrophilRecruitment
from .niche_formation import NicheFormation
from .nk_killing import NaturalKillerKilling
from .passage import Passage
from .pdl1_induction import PDL1Induction
from .perfusion import Perfusion
from .phagocytosis import Phagocytosis
from .platelet_cloak import PlateletCloak
from .rule import Rule, RuleParameters, rule
from .sinusoidal_obstruction import SinusoidalObstruction
from .stellate_activation import StellateActivation
from .stellate_deletion import StellateDeletion
from .t_cell_division import TCellDivision
from .t_cell_elimination import TCellElimination
from .t_cell_exhaustion import TCellExhaustion
from .t_cell_help import TCellHelp
from .t_cell_killing import TCellKilling
from .t_cell_residence import TCellResidence
from .th17_support import Th17Support
from .treatment_damage import TreatmentDamage
from .viral_spread import ViralSpread

RULES: tuple[type[Rule], ...] = (
    PlateletCloak,
    Arrival,
    EndothelialActivation,
    Passage,
    Arrest,
    Anoikis,
    KupfferCrawling,
    Phagocytosis,
    MacrophagePhagocytosis,
    ImmuneSuppression,
    TCellHelp,
    NaturalKillerKilling,
    TCellKilling,
    TCellDivision,
    TCellExhaustion,
    TCellResidence,
    Hepatitis,
    StellateDeletion,
    PDL1Induction,
    AntigenPresentation,
    HelperDifferentiation,
    LeukocyteEntry,
    LeukocyteCrossing,
    NeutrophilPolarisation,
    NeutrophilKilling,
    NeutrophilRecruitment,
    Netosis,
    NetTrapping,
    NetGuidance,
    Extravasation,
    FibroblastState,
    InvariantNKTSignal,
    StellateActivation,
    FibroblastGrowth,
    MacrophageMatrix,
    MatrixCleavage,
    NicheFormation,
    Migration,
    EpithelialMesenchymalTransition,
    Th17Support,
    DrugPenetration,
    TreatmentDamage,
    DrugKilling,
    Lymphodepletion,
    GrowthSignalling,
    ViralSpread,
    Compression,
    Growth,
    FibroblastKilling,
    SinusoidalObstruction,
    Perfusion,
    Angiogenesis,
    MacrophagePolarisation,
    TCellElimination,
    KupfferReprogramming,
    DebrisOfCells,
)


def in_order(user_rules: tuple[type[Rule], ...] = ()) -> tuple[type[Rule], ...]:
    """The shipped rules with a user's own among them, each behind the rule that it names in `after`, else last.

    Raises ValueError for a name that is taken, or an `after` that names no rule.
    """
    rules = list(RULES)
    for own in user_rules:
        names = [rule.name for rule in rules]
        if own.name in names:
            raise ValueError(f"there is a rule '{own.name}' already; give yours another name")
        if own.after is None:
            rules.append(own)
        elif own.after in names:
            rules.insert(names.index(own.after) + 1, own)
        else:
            raise ValueError(
                f"the rule '{own.name}' wants to run after '{own.after}', which is no rule; rules are {', '.join(names)}"
            )
    return tuple(rules)


__all__ = ["RULES", "Rule", "RuleParameters", "in_order", "rule"]
