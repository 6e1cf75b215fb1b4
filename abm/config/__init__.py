"""What a user may write: the schema, the YAML that is read into it, and the errors with their lines."""

from .errors import ConfigError
from .loading import load_config
from .schema import Config, compose

__all__ = ["Config", "ConfigError", "compose", "load_config"]
