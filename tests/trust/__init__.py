"""The tests a sceptic would ask for. What stands here is what the tests of the single parts do not show; the list says
which test shows what. Slow ones run with `pytest -m slow tests/trust`.

Random numbers (abm/kernels/random.py)
    published known answers, the same without compiler              tests/kernels/test_random.py
    uniform; serial pairs and triples, runs, along uid, step, rule
    and draw; spectral; avalanche; collisions of identities;
    no two rules or seeds share chance                               test_random.py (1e6 draws; 1e8 slow)

Each rule against its mathematics
    hazards: probability 1 - exp(-rate*hours), at two steps          tests/rules/test_<rule>.py, one or more for each
    waiting times as whole distributions: phagocytosis, binding,
    detachment and shear (competing), NK contacts, extravasation,
    dormancy, death                                                  test_mathematics.py
    what holds in transit: per length, by size, by contact           tests/rules/test_passage.py, test_arrest.py
    division times                                                   test_mathematics.py; the clock: tests/rules/test_growth.py
    chemotactic drift                                                test_mathematics.py; tests/rules/test_migration.py
    mean square displacement of a random walker; path speeds         tests/rules/test_migration.py
    NET decay                                                        test_mathematics.py; tests/rules/test_netosis.py
    E-selectin against the solution of its equation                  test_mathematics.py; test_endothelial_activation.py
    other courses: EMT, reprogramming, education, matrix, blood      tests/rules/test_emt.py, test_kupffer_reprogramming.py,
                                                                     test_niche_formation.py, test_stellate_activation.py;
                                                                     tests/blood/test_levels.py
    decay lengths with and without washout                           test_mathematics.py; tests/fields/test_fields.py
    plumes: Green function of the plane, mass balance, isotropy      tests/fields/test_solver.py
    kernels against plain-Python twins                               tests/rules/test_<rule>.py
    interventions                                                    tests/interventions/

Convergence
    dt of 10, 5, 2.5 and 1 min; turned and mirrored livers           test_convergence.py (slow); tests/test_whole.py (slow)
    order of the solver: 2 in dx, 1 in dt                            tests/fields/test_solver.py
    no direction is favoured                                         tests/rules/, tests/tissue/

Determinism
    without compiler: the same events, floats within 1e-5            test_determinism.py; parts: tests/fields, tests/tissue
    Python 3.11 and 3.13                                             test_determinism.py (slow; CRLM_OTHER_PYTHON=python3.13)
    1 and 2 threads                                                  tests/test_model.py, tests/test_cli.py
    executors, workers                                               tests/batches/test_executors.py, test_batch.py
    any number of checkpoints                                        test_determinism.py
    golden digest                                                    tests/golden.py
    the walls' exponential: alone, in a row, without compiler        tests/kernels/test_exponential.py
    skipping what cannot change: the same bytes without it           test_skipping.py

Faults
    SIGKILL at random moments, resumed to the same bytes             test_faults.py (5 times; 50 slow)
    SIGKILL at the worst moments                                     tests/test_simulation.py (slow), tests/test_cli.py
    truncated, altered, missing: checkpoints, parts, manifest,
    snapshots; full disk; limits; unwritable; other versions         test_faults.py

Bad input
    a grammar of broken configs                                      test_bad_input.py (300; 2000 slow), broken_yaml.py
    every kind of mistake has its message                            tests/config/

Invariants
    of any liver after every rule (`crlm run --check`)               tests/test_invariants.py; tests/test_model.py
    fields stay finite, or the run stops                             tests/test_simulation.py

The tests themselves
    lines of kernels that they run: `python -m tests.kernel_coverage`
    mistakes that they notice: `python -m tests.mutation phagocytosis net_trapping --most 90`
"""
