"""Cohorts: shares of genes, correlations, enriched strata, and that a patient stays the same."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from abm.trials.cohort import Cohort, CohortFile

GENES = {"ras": 0.45, "braf": {"share": 0.09, "unless": "ras"}, "mmr": 0.05}
DRAW = {
    "cells.cd8.density": {"lognormal": {"median": "40 /mm^2", "sd": 0.7}},
    "cells.tumor.replacement": {"beta": [2, 1]},
    "host": {"choice": {"human": 0.7, "human_stroma": 0.3}},
}


def cohort(**said) -> Cohort:
    return Cohort(CohortFile.model_validate({"patients": 2000, "seed": 5, "genes": GENES, "draw": DRAW} | said))


def test_genes_have_the_shares_that_are_written():
    about = cohort().about()
    for gene, share in (("ras", 0.45), ("braf", 0.09), ("mmr", 0.05)):
        assert stats.binomtest(int(about[gene].sum()), 2000, share).pvalue > 0.05, gene
    assert not (about.ras & about.braf).any() and (about.weight == 1).all()


def test_adding_patients_or_keys_changes_nothing_of_the_others():
    before = cohort(patients=30)
    assert cohort(patients=50).patients[:30] == before.patients and cohort(patients=50).lesions[:30] == before.lesions
    more = cohort(
        patients=30,
        genes={"pten": 0.2, **GENES},
        draw=DRAW | {"cells.kupffer.density": {"uniform": ["100 /mm^2", "200 /mm^2"]}},
        correlations={"pten|cells.kupffer.density": 0.5},
    )
    columns = [*GENES, *DRAW, "weight", "lesions"]
    assert more.about()[columns].equals(before.about()[columns])
    assert [lesion.seed for lesion in more.lesions] == [lesion.seed for lesion in before.lesions]
    assert not cohort(patients=30, seed=6).about()[columns].equals(before.about()[columns])


def test_correlations_are_those_of_the_normal_numbers_behind():
    about = cohort(correlations={"cells.cd8.density|cells.tumor.replacement": -0.4, "mmr|braf": 0.6}).about()
    numbers = about[["cells.cd8.density", "cells.tumor.replacement"]]
    spearman = numbers.corr(method="spearman").iloc[0, 1]
    assert spearman == pytest.approx(6 / np.pi * np.arcsin(-0.4 / 2), abs=3 / np.sqrt(2000))
    # two genes: the corner of a normal distribution of two; braf can only be had without ras
    corner = stats.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]])
    thresholds = [stats.norm.ppf(0.05), stats.norm.ppf(0.09 / 0.55)]
    both = int((about.mmr & about.braf).sum())
    assert stats.binomtest(both, 2000, 0.55 * corner.cdf(thresholds)).pvalue > 0.05
    assert stats.binomtest(both, 2000, 0.05 * 0.09).pvalue < 1e-6
    # and what each is for itself stays
    assert stats.kstest(about["cells.tumor.replacement"], stats.beta(2, 1).cdf).pvalue > 0.05
    assert stats.binomtest(int(about.braf.sum()), 2000, 0.09).pvalue > 0.05


def test_further_lesions_resemble_the_first_as_said():
    density = "cells.cd8.density"
    alike = cohort(lesions=(1, 3), alike={density: 0.7})
    assert alike.patients == cohort(lesions=(1, 3)).patients
    of = {number: [] for number in (1, 2, 3)}
    for lesion in alike.lesions:
        first = alike.patients[lesion.patient - 1].values
        own = float(lesion.values[density].removesuffix(" /mm^2"))
        of[lesion.number].append((float(first[density].removesuffix(" /mm^2")), own))
        assert {**lesion.values, density: 0} == {**first, density: 0}
    assert all(first == own for first, own in of[1])
    for number in (2, 3):
        first, own = np.log(np.array(of[number])).T
        assert np.corrcoef(first, own)[0, 1] == pytest.approx(0.7, abs=0.06)
        assert stats.kstest(own, stats.norm(np.log(40), 0.7).cdf).pvalue > 0.01
    assert [*alike.columns()[density]] == [lesion.values[density] for lesion in alike.lesions]


def test_weights_make_up_for_what_is_enriched():
    """A made-up response that depends on the gene and on a number that is correlated with it."""

    def response(about):
        return 0.2 + 0.5 * about.mmr + 0.001 * about["cells.cd8.density"]

    correlations = {"mmr|cells.cd8.density": 0.5}
    plain = cohort(patients=16384, correlations=correlations).about()
    enriched = cohort(enrich={"mmr": 0.5}, correlations=correlations).about()
    assert enriched.mmr.mean() == pytest.approx(0.5, abs=0.02)
    weighted = np.average(response(enriched), weights=enriched.weight)
    assert weighted == pytest.approx(response(plain).mean(), rel=0.02)
    assert abs(response(enriched).mean() / response(plain).mean() - 1) > 0.3
    # within the stratum nothing is different, and there are ten times as many of it
    assert (
        stats.ks_2samp(enriched[enriched.mmr]["cells.cd8.density"], plain[plain.mmr]["cells.cd8.density"]).pvalue
        > 0.001
    )
    assert enriched.mmr.sum() > 8 * cohort(correlations=correlations).about().mmr.sum()


def test_of_a_gene_that_another_excludes_those_who_can_have_it_are_enriched():
    about = cohort(enrich={"braf": 0.5}).about()
    assert about[~about.ras].braf.mean() == pytest.approx(0.5, abs=0.03) and not (about.ras & about.braf).any()
    assert (about[about.ras].weight == 1).all()
    assert np.average(about.braf, weights=about.weight) == pytest.approx(0.09, abs=0.005)
    assert np.average(about.ras, weights=about.weight) == pytest.approx(0.45, abs=0.01)


def test_every_patient_has_lesions_with_seeds_of_their_own():
    drawn = cohort(patients=300, lesions=[1, 3])
    counts = [patient.lesions for patient in drawn.patients]
    assert set(counts) == {1, 2, 3} and min(counts.count(n) for n in (1, 2, 3)) > 90
    assert len(drawn.lesions) == sum(counts) == len({lesion.seed for lesion in drawn.lesions})
    assert [lesion.number for lesion in drawn.lesions if lesion.patient == 7] == list(range(1, counts[6] + 1))
    columns = drawn.columns()
    assert all(len(values) == len(drawn.lesions) for values in columns.values())
    first = [column[k] for column in columns.values() for k, lesion in enumerate(drawn.lesions) if lesion.patient == 7]
    assert first[0] == list(drawn.patients[6].mutations)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"genes": {}, "draw": {}}, "nothing is drawn"),
        ({"lesions": [2, 1]}, r"write \[fewest, most\]"),
        ({"lesions": [0, 1]}, "has 1 to 5 lesions"),
        ({"genes": {"rass": 0.4}}, "there is no gene 'rass'; did you mean 'ras'?"),
        ({"genes": {"braf": {"share": 0.1, "unless": "ras"}, "ras": 0.4}}, "must be a gene that stands above"),
        ({"genes": {"ras": 0.6, "braf": {"share": 0.5, "unless": "ras"}}}, "cannot be different ones: more than all"),
        ({"draw": {"seed": {"uniform": [1, 2]}}}, "'seed' cannot be drawn of a patient"),
        ({"draw": {"cells.tumor.mutations": {"choice": {"ras": 1, "braf": 1}}}}, "of a patient: write genes"),
        ({"correlations": {"ras|pten": 0.3}}, "'pten' is not drawn"),
        ({"correlations": {"ras": 0.3}}, "expected two things that are drawn"),
        ({"correlations": {"ras|mmr": 0.3, "mmr|ras": 0.3}}, "stands here twice"),
        ({"correlations": {"ras|host": 0.3}}, "the words of 'host' have no order"),
        ({"correlations": {"ras|braf": 0.3}}, "one of them excludes the other already"),
        ({"correlations": {"ras|mmr": 1}}, "less than 1"),
        (
            {"correlations": {"ras|mmr": 0.9, "mmr|cells.cd8.density": 0.9, "ras|cells.cd8.density": -0.9}},
            "contradict each other",
        ),
        ({"alike": {"cells.cd8.densty": 0.5}}, "did you mean 'cells.cd8.density'"),
        ({"alike": {"host": 0.5}}, "the words of 'host' have no order"),
        ({"alike": {"cells.cd8.density": 1}}, "less than 1"),
        ({"enrich": {"pten": 0.5}}, "only a gene that some patients have mutated"),
        ({"enrich": {"braf": 0.5}, "correlations": {"mmr|braf": 0.3}}, "'braf' cannot be enriched: it is correlated"),
        ({"enrich": {"ras": 0.5, "mmr": 0.5}, "correlations": {"mmr|ras": 0.3}}, "cannot be enriched: it is correl"),
    ],
)
def test_what_cannot_be_is_refused(said, words):
    with pytest.raises(ValidationError, match=words):
        cohort(**said)
