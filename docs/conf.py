"""The documentation site: `sphinx-build -W -b html docs docs/_build/html`. Nothing in its pages is asked of another host."""

import os
import sys
from pathlib import Path

import abm

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # in the notebooks: of tqdm, which Mesa imports

project = "crlm"
copyright = "The crlm developers, MIT licence"
version = release = abm.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "from_the_code"]
exclude_patterns = ["_build"]
nitpicky = False
smartquotes = False  # `--set` is an option, not a dash
default_role = "code"
templates_path: list[str] = []

myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 4
suppress_warnings = [
    "myst.header",  # sections of generated pages begin where the page puts them
    "myst-nb.lexer",  # of notebooks that are not executed
]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600  # the first one may have to compile the kernels
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_typehints = "none"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"crlm {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sourcelink = False
