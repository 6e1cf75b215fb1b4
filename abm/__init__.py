"""crlm: colorectal cancer cells colonising the liver, cell by cell.

    from abm import LiverModel, Simulation, load_config

    model = LiverModel(load_config("configs/quickstart.yaml"))
    model.step()
    Simulation(model, until="3 d").run()

What is public stands in `__init__.pyi`; each name is loaded when it is first used.
"""

import lazy_loader

__version__ = "0.4.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
