import numpy as np
import pytest

from abm.tissue.mesh import Mesh, _eliminate, _number_links, solve


@pytest.mark.parametrize("blocked", [0.0, 0.2])
def test_elimination_against_a_dense_solution(blocked):
    """Any network, each of whose places has a way in and a way out; the order stays that of the whole network."""
    random = np.random.default_rng(2)
    n, room = 60, 12
    weights = np.triu(random.random((n, n)) * (random.random((n, n)) < 0.06), 1)
    weights += weights.T
    degree = (weights > 0).sum(axis=1).astype(np.int32)
    assert degree.max() <= room
    linked = np.empty(2 * n * room, np.int32)
    for k in range(n):
        linked[k * room : k * room + degree[k]] = np.flatnonzero(weights[k])
    order, start, linked, between = _number_links(*_eliminate(room * np.arange(n), degree, linked))
    assert sorted(order) == list(range(n))
    earlier = np.repeat(np.arange(n), np.diff(start))
    assert (linked > earlier).all() and linked.size > np.count_nonzero(weights) / 2  # some links arise on the way
    conductance = weights[order][:, order][earlier, linked]
    portal, central = random.random((2, n))
    mesh = Mesh(order.astype(np.int64), start, linked, conductance, between, portal[order], central[order])
    carries, pressure = (random.random((6, 10)) >= blocked).astype(np.uint8), np.full((6, 10), -1.0)
    solve(mesh, carries, pressure)

    carries, pressure = carries.ravel() == 1, pressure.ravel()
    weights = weights[carries][:, carries]
    balance = np.diag(weights.sum(axis=1) + (portal + central)[carries]) - weights
    np.testing.assert_allclose(pressure[carries], np.linalg.solve(balance, portal[carries]), atol=0.51e-6)
    assert (pressure[~carries] == -1.0).all()
