"""A grammar of broken configs: what people get wrong, and what somebody who wants to break the loader would try.

`folders()` is a hypothesis strategy of small folders, {file name: bytes}, of which `my.yaml` is the config.
"""

from hypothesis import strategies as st

from abm.config.errors import at, every_key, quantity_of
from abm.config.schema import compose

PATHS = sorted(every_key(compose()))

NUMBERS = [
    "0",
    "-1",
    "1",
    "0.5",
    "-0.0",
    "1e3",
    "1e308",
    "1e309",
    "1e-400",
    "9" * 30,
    "9" * 400,
    "-" + "9" * 30,
    "0x" + "f" * 299,
    "0o17",
    "1_000",
    "٣",
    "½",
    "1,5",
    "1.2.3",
    "+-1",
    ".",
    "-",
    "1e",
    "e5",
    ".nan",
    "nan",
    "NaN",
    "-.inf",
    ".inf",
    "inf",
    "Infinity",
    "'nan'",
    "1e5000",
    "0.1e-999",
    "12345678901234567890",
    "9223372036854775807",
    "9223372036854775808",
]
UNITS = [
    "h",
    "d",
    "min",
    "s",
    "um",
    "mm",
    "m",
    "km",
    "/h",
    "/d",
    "/mm^2",
    "/um",
    "um/min",
    "um/s",
    "um^2/s",
    "mmHg",
    "mM",
    "mM/h",
    "g",
    "g/cm^3",
    "K",
    "%",
    "dd",
    "Ym",
    "yottameter",
    "parsec",
    "fortnight",
    "h h",
    "h^9^9",
    "h**99**99",
    "/0",
    "/",
    "°C",
    "degC",
    "dB",
    "ppm",
    "dozen",
    "__import__('os')",
    "h; touch pwned",
    "um2",
    "µm",
    "μm",
    "㎛",
    "h\u200b",
    "year",
    "planck_time",
    "speed_of_light",
    "1",
    "h^100",
    "(h",
]
WORDS = [
    "",
    "~",
    "null",
    "true",
    "off",
    "on",
    "yes",
    "no",
    "periodic",
    "closed",
    "rapid",
    "ofF",
    "mc38",
    "nude",
    "quickstart.yaml",
    "'a b'",
    "'\\n'",
    '"\\ud800"',
    '"\\x00"',
    '"\\u202e"',
    "x" * 3000,
    "é" * 300,
    "[]",
    "{}",
    "[[]]",
    "{a: {b: c}}",
    "[1, 2, 3]",
    "- a",
    "? a",
    "|\n",
    ">\n",
    "@",
    "`",
    "%",
    "!",
    "&",
    "*",
    "*a",
    "&a",
    "&a b",
    "'open",
    '"open',
    "{open",
    "[open",
    "a: b: c",
    "#",
    "!!null x",
]
PATHS_OUT = [
    "../../../../etc/passwd",
    "/etc/passwd",
    "/etc/hostname",
    "/dev/zero",
    "/dev/random",
    "/proc/self/mem",
    "/",
    "..",
    ".",
    "~",
    "~root/.ssh/id_rsa",
    "~nobody/x.yaml",
    "$HOME/x.yaml",
    "file:///etc/passwd",
    "http://example.com/x.yaml",
    "C:\\x.yaml",
    "\\\\server\\x",
    "x\\0y",
    "a/../../b.yaml",
    "con.yaml",
    "-o",
    "--help",
    "'; touch pwned'",
    "$(touch pwned)",
    "`touch pwned`",
    "x" * 300 + ".yaml",
]
TAGS = [
    "!!python/object/apply:os.system ['touch pwned']",
    "!!python/object/new:subprocess.Popen [['touch', 'pwned']]",
    "!!python/name:os.system ''",
    "!!python/module:os ''",
    "!!python/object:abm.model.LiverModel {}",
    "!!python/tuple [1, 2]",
    "!!binary aGVsbG8=",
    "!!timestamp 2020-01-01",
    "!!set {a, b}",
    "!!omap [a: 1]",
    "!!float 1",
    "!!int '1'",
    "!!str 1",
    "!!merge '<<'",
    "!include /etc/passwd",
    "!ENV ${HOME}",
    "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch pwned']",
    "! 1",
    "!!x y",
]
BOMBS = [
    "\n".join(
        [
            f"a0: &a0 [{', '.join(['lol'] * 10)}]",
            *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)),
        ]
    ),
    "\n".join(
        [
            "a0: &a0 {x: lol}",
            *(f"a{n}: &a{n} {{{', '.join(f'k{k}: *a{n - 1}' for k in range(10))}}}" for n in range(1, 9)),
        ]
    ),
    "a: &a [*a]",
    "a: &a {b: *a}",
    "&a a: *a",
    "*a : 1",
    "a: *nobody",
    "<<: {seed: 2}",
    "<<: [{seed: 2}, {seed: 3}]",
    "a: &a {seed: 1}\n<<: *a",
    "a: " + "[" * 5000,
    "a: " + "[" * 2000 + "]" * 2000,
    "a: " + "{b: " * 2000,
    "\n".join("  " * n + "a:" for n in range(1000)),
    "- " * 3000,
    "? " * 3000,
    "a: " + "'" * 9999,
    "\n".join(f"key{n}: {n}" for n in range(9000)),
    "\n".join(f"a{n}: &x{n} 1" for n in range(3000)) + "\nb: *x",
    "a: |\n" + "  x\n" * 20000,
    "a" * 200_000 + ": 1",
    "seed: " + "1" * 200_000,
    "%YAML 9999999999999999999999.1\n---\nseed: 1",
    "%TAG ! !!python/\n---\nseed: !x 1",
    "seed: 1\n---\nseed: 2",
    "---\n...\n---\n",
    "--- seed",
    "\ufeffseed: 1",
    "seed:\t1",
    "\tseed: 1",
    "seed: 1\n\tname: x",
    "seed 1",
    "seed:1",
    ": 1",
    "- seed: 1",
    "seed: 1\nseed: 2",
    "rules: {emt: on}\nrules: {emt: off}",
    "rules:\n  emt: on\n  emt: off",
    "? {a: b}\n: 1",
    "? [a]\n: 1",
    "1: 2",
    "null: 1",
    "true: 1",
    "1.5: 2",
    "extends: my.yaml",
    "extends: [my.yaml, base.yaml]",
    "extends: base.yaml",
    "extends: [base.yaml, base.yaml]",
    "extends: {a: b}",
    "extends: [[base.yaml]]",
    "extends: 3",
    "extends:",
]
BASES = [
    b"",
    b"seed: 3\n",
    b"extends: my.yaml\n",
    b"extends: base.yaml\n",
    b"\xff\xfe",
    b"tissue: {width: -3 mm}\n",
    b"line: mc38\n",
    b"- 1\n",
    b"plugins: [base.yaml]\n",
    b"import os; os.system('touch pwned')\n",
]
KINDS = [
    "deplete",
    "block",
    "inhibit",
    "knock_out",
    "stimulate",
    "infuse",
    "degrade",
    "cytotoxic",
    "implant",
    "depleet",
    "kind",
    "",
]
TARGETS = [
    "kupffer",
    "natural_killer",
    "neutrophil",
    "stellate",
    "e_selectin",
    "cxcl1",
    "tnf",
    "nets",
    "netosis",
    "lps",
    "exosomes",
    "g_csf",
    "oxaliplatin",
    "rules",
    "__class__",
    "4",
    "[]",
    "{}",
    "null",
    "kupfer",
]
KEYS = [
    "fraction",
    "start",
    "stop",
    "every",
    "half_life",
    "recovery",
    "level",
    "rate",
    "cells",
    "over",
    "per_area",
    "per_liver",
    "name",
    "enabled",
    "x",
]

scalars = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(WORDS),
    st.sampled_from(PATHS_OUT),
    st.sampled_from(TAGS),
    st.builds(
        lambda number, space, unit: f"{number}{space}{unit}",
        st.sampled_from(NUMBERS),
        st.sampled_from(["", " ", "  ", "\t"]),
        st.sampled_from(UNITS),
    ),
    st.text(max_size=8),
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.lists(st.tuples(st.sampled_from([path[-1] for path in PATHS]), scalars), max_size=3).map(
        lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
    ),
)


def nested(path, value) -> str:
    """`a.b.c: value` as lines, each key indented below the one before."""
    return "\n".join("  " * depth + f"{key}:" for depth, key in enumerate(path)) + f" {value}\n"


def misspelt(path, n):
    word = path[-1]
    return (
        *path[:-1],
        (word[:-1], word + "s", word.upper(), word.replace("_", "-"), word[::-1], f"{word}.{word}", f" {word}")[n],
    )


entries = st.one_of(
    st.builds(nested, st.sampled_from(PATHS), values),
    st.builds(nested, st.builds(misspelt, st.sampled_from(PATHS), st.integers(0, 6)), values),
    st.builds(
        nested,
        st.sampled_from(
            [
                ("extends",),
                ("line",),
                ("host",),
                ("plugins",),
                ("labels",),
                ("name",),
                ("begin",),
                ("duration",),
                ("seed",),
            ]
        ),
        values,
    ),
)
interventions = st.lists(
    st.one_of(
        scalars,
        st.lists(
            st.one_of(
                st.tuples(st.sampled_from(KINDS), st.sampled_from(TARGETS)), st.tuples(st.sampled_from(KEYS), scalars)
            ),
            max_size=4,
        ).map(lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"),
    ),
    max_size=3,
).map(lambda items: "interventions:\n" + "".join(f"- {item}\n" for item in items))
texts = st.lists(
    st.one_of(entries, entries, entries, interventions, st.sampled_from(BOMBS)), min_size=1, max_size=4
).map("\n".join)


quantities = st.builds(
    lambda number, unit: f"{number} {unit}", st.sampled_from(NUMBERS[:12] + NUMBERS[-3:]), st.sampled_from(UNITS[:24])
)
plain = st.one_of(
    quantities, quantities, st.sampled_from(NUMBERS), st.sampled_from(WORDS[:20]), st.sampled_from(PATHS_OUT[:12])
)
LEAVES = [path for path in PATHS if not any(other[: len(path)] == path and other != path for other in PATHS)]
UNIT_OF = {path: quantity.unit for path in LEAVES for quantity in filter(None, map(quantity_of, at(compose(), path)))}


def setting(path, number, other, fitting):
    """A leaf with a value, mostly one in the unit that it wants."""
    return path, f"{number} {UNIT_OF[path]}" if fitting and path in UNIT_OF else other


settings = st.builds(
    setting,
    st.sampled_from(LEAVES),
    st.sampled_from([*NUMBERS[:12], "2", "3", "0.1", "10", "100", "1e-3", "1e6", "250", "0.01"]),
    plain,
    st.sampled_from([True, True, True, False]),
)


def tree(settings, shipped) -> str:
    """Values at the leaves of the schema as one well-formed text: what is wrong is what they mean."""
    root: dict = {}
    for path, value in settings:
        group = root
        for key in path[:-1]:
            group = group.setdefault(key, {})
        group[path[-1]] = value
    return (f"extends: {shipped}\n" if shipped else "") + written(root, 0)


def written(group: dict, depth: int) -> str:
    return "".join(
        "  " * depth + (f"{key}:\n{written(value, depth + 1)}" if isinstance(value, dict) else f"{key}: {value}\n")
        for key, value in group.items()
    )


well_formed = st.builds(
    lambda settings, shipped, acts: tree(settings, shipped) + acts,
    st.lists(settings, min_size=1, max_size=4),
    st.sampled_from(["", "quickstart.yaml", "human_portal_shedding.yaml"]),
    st.one_of(st.just(""), st.just(""), interventions),
)


def encode(text: str, how: str, cut: int) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    if how == "utf-16":
        return text.encode("utf-16", "surrogatepass")
    if how == "latin-1":
        return text.encode("latin-1", "replace")
    at = cut % (len(data) + 1)
    if how == "cut":
        return data[:at]
    if how == "byte":
        return data[:at] + bytes([cut % 256]) + data[at:]
    return data


def folders():
    """Small folders, {file name: bytes}."""
    damaged = st.builds(
        encode, texts, st.sampled_from(["utf-8"] * 6 + ["utf-16", "latin-1", "cut", "byte"]), st.integers(0, 10**6)
    )
    config = st.one_of(well_formed.map(lambda text: text.encode("utf-8", "surrogatepass")), damaged)
    return st.builds(lambda my, base: {"my.yaml": my, "base.yaml": base}, config, st.sampled_from(BASES))
