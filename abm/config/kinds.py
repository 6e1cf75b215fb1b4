"""The kind of an entry in a config, such as an intervention: one of the entry's keys is its name."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union

from pydantic import BeforeValidator, Discriminator, Tag, ValidationError
from pydantic_core import PydanticCustomError

from ..units import Named
from .errors import choice, did_you_mean, quoted


def one_of(kinds: Sequence[type[Named]], noun: str = "intervention", example: str = "{deplete: kupffer}") -> Any:
    """The annotation of an entry: any of `kinds`, which errors call by the `noun`."""
    by_name = {kind.kind: kind for kind in kinds}

    def tag(value: Any) -> str | None:
        named = value.kind if isinstance(value, Named) else next((key for key in value if key in by_name), None)
        return f"<{named}>"  # pydantic puts it into the paths of errors, where no key can be mistaken for it

    def one_kind(value: Any) -> Any:
        """Raises ValidationError at the key that is no kind, and PydanticCustomError for more than one kind."""
        if isinstance(value, Named):
            return value
        if not isinstance(value, Mapping):
            raise _wrong(f"expected {_a(noun)} such as {example}, got {quoted(value)}")
        named = [key for key in value if key in by_name]
        if len(named) == 1:
            return value
        if named:
            raise _wrong(f"{choice(named, 'and')} are {len(named)} kinds of {noun}: write an entry for each")
        meant = {key: did_you_mean(str(key), by_name) for key in value}
        key = next((key for key, hint in meant.items() if hint), None)
        if key is None:
            raise _wrong(f"the kind of {noun} is missing; one key must be {choice(list(by_name))}")
        message = _wrong(f"there is no such kind of {noun}; {meant[key]}")
        raise ValidationError.from_exception_data("entry", [{"type": message, "loc": (key,), "input": value[key]}])

    union: Any = Union[tuple(Annotated[kind, Tag(f"<{name}>")] for name, kind in by_name.items())]  # noqa: UP007
    return Annotated[union, Discriminator(tag), BeforeValidator(one_kind)]


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("intervention", message)
