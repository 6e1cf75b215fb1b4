from .kernel_coverage import kernels


def test_the_bodies_of_kernels_are_found():
    source = '''
@jit
def one(x):
    """What it does."""
    y = x
    return y


@jit(signature="f8(f8)")
def two(x):
    return x


def plain(x):
    return x
'''
    assert kernels(source) == [range(5, 7), range(11, 12)]
