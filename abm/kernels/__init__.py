"""numba primitives: the one `jit` wrapper, random numbers, neighbourhoods, tables.

Everything in this folder sees arrays and scalars only.
"""
