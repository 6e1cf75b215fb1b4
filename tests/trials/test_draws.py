"""What is drawn of a cohort: even spread, distributions, and mistakes in them."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from abm.trials.draws import BLOCK, Distribution, evenly

PATIENTS = 400


def numbers(**distribution) -> np.ndarray:
    return Distribution.model_validate(distribution).numbers(evenly(3, "some.key", PATIENTS))


def test_every_block_of_patients_has_each_part_of_a_distribution_once():
    shares = evenly(1, "some.key", 8 * BLOCK)
    for block in shares.reshape(-1, BLOCK):
        assert sorted((block * BLOCK).astype(int)) == list(range(BLOCK))
    assert ((shares > 0) & (shares < 1)).all()


def test_a_share_follows_from_seed_name_and_patient_alone():
    shares = evenly(1, "some.key", 100)
    assert (evenly(1, "some.key", 37) == shares[:37]).all()
    assert not np.isclose(evenly(2, "some.key", 100), shares).any()
    assert not np.isclose(evenly(1, "other.key", 100), shares).any()


def test_two_names_know_nothing_of_each_other():
    columns = np.array([evenly(1, f"key{k}", 512) for k in range(60)])
    for shown in (columns, columns > 0.5):  # by their halves structured sequences would be in step
        scores = np.corrcoef(shown)[np.triu_indices(60, 1)] * np.sqrt(512)
        assert abs(scores.mean()) < 0.1 and 0.9 < scores.std() < 1.1 and np.abs(scores).max() < 5


@pytest.mark.parametrize(
    ("distribution", "law"),
    [
        ({"lognormal": {"median": "40 /mm^2", "sd": 0.7}}, stats.lognorm(0.7, scale=40)),
        ({"normal": {"mean": "3 h", "sd": "1 h"}}, stats.norm(3, 1)),
        ({"normal": {"mean": 3, "sd": 1}, "low": 2, "high": 5}, stats.truncnorm(-1, 2, loc=3)),
        ({"beta": [2, 1]}, stats.beta(2, 1)),
        ({"beta": [2, 5], "low": 1, "high": 4}, stats.beta(2, 5, loc=1, scale=3)),
        ({"uniform": ["1 d", "3 d"]}, stats.uniform(1, 2)),
    ],
)
def test_the_distribution_is_the_one_that_is_written(distribution, law):
    drawn = numbers(**distribution)
    # of numbers drawn at random 5 % would be farther away than this; those that are spread evenly are much nearer
    distance = stats.kstest(drawn, law.cdf).statistic
    assert distance < stats.kstwo.ppf(0.95, PATIENTS) / 4
    # and one whose spread is wrong by a fifth is told
    assert stats.kstest(law.mean() + 1.2 * (drawn - law.mean()), law.cdf).statistic > 3 * distance


def test_words_come_as_often_as_they_weigh():
    words = Distribution.model_validate({"choice": {"human": 3, "nafld": 1}}).written(evenly(1, "host", PATIENTS))
    assert words.count("nafld") == PATIENTS / 4 and set(words) == {"human", "nafld"}


def test_numbers_are_written_in_the_unit_of_their_distribution():
    assert Distribution.model_validate({"uniform": ["1 /h", "3 /h"]}).written(np.array([0.5, 1 / 3])) == [
        "2 /h",
        "1.66667 /h",
    ]
    assert Distribution.model_validate({"uniform": [0, 1]}).written(np.array([0.25])) == [0.25]


@pytest.mark.parametrize(
    ("distribution", "words"),
    [
        ({}, "give one of lognormal"),
        ({"beta": [2, 1], "uniform": [0, 1]}, "give one of lognormal"),
        ({"uniform": ["1 h", "1 d"]}, "in one unit"),
        ({"normal": {"mean": "1 h", "sd": 2}}, "in one unit"),
        ({"uniform": [3, 1]}, "the high end must be above the low one"),
        ({"uniform": [1, 3], "low": 2}, "low and high do not belong to uniform"),
        ({"lognormal": {"median": "-1 h", "sd": 1}}, "the median of a lognormal number is above 0"),
        ({"lognormal": {"median": "about 1 h", "sd": 1}}, "is no number with a unit"),
        ({"normal": {"mean": 1, "sd": 0}}, "a standard deviation is above 0"),
    ],
)
def test_mistakes_are_told(distribution, words):
    with pytest.raises(ValidationError, match=words):
        Distribution.model_validate(distribution)
