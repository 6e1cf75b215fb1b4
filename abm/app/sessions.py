"""The sessions of all pages: each belongs to one browser, and none is kept for ever."""

import time
from dataclasses import dataclass

from .form import Form
from .session import Session

MOST = 8
"""Livers that may run at the same time."""
IDLE_SECONDS = 1800.0
"""After which a session is closed that computes nothing and that no page looks at."""
_GONE_SECONDS = 5.0
"""The same, when there is no room for another one."""


@dataclass
class _Owned:
    owner: str
    session: Session | None = None
    chosen: str = ""
    form: Form | None = None


class Sessions:
    """Numbers of pages, their owners and their sessions."""

    def __init__(self) -> None:
        self._owned: dict[int, _Owned] = {}

    def number_for(self, owner: str, number: int | None) -> int:
        """The number of a page: that of before if it is the owner's, else a new one."""
        known = self._owned.get(number) if number is not None else None
        if number is not None and known is not None and known.owner == owner:
            return number
        number = 1 + max(self._owned, default=0)
        self._owned[number] = _Owned(owner)
        return number

    def get(self, number: int) -> Session | None:
        """The session of a page, None as long as it has none."""
        owned = self._owned.get(number)
        return owned.session if owned else None

    def of(self, owner: str, number: int) -> Session | None:
        """The same, if it is the owner's."""
        owned = self._owned.get(number)
        return owned.session if owned and owned.owner == owner else None

    def form_of(self, number: int) -> tuple[str, Form] | None:
        """The config that is chosen on a page, and its form; None as long as nothing was chosen."""
        owned = self._owned[number]
        return (owned.chosen, owned.form) if owned.form is not None else None

    def keep_form(self, number: int, chosen: str, form: Form) -> None:
        """Keep what is chosen and changed on a page, for when it is loaded again."""
        self._owned[number].chosen, self._owned[number].form = chosen, form

    def opened(self, number: int) -> Session:
        """The session of a page, begun if need be. Raises RuntimeError when there are too many."""
        owned = self._owned[number]
        if owned.session is None:
            self.close_idle(IDLE_SECONDS)
            if self._open >= MOST:
                self.close_idle(_GONE_SECONDS)
            if self._open >= MOST:
                raise RuntimeError(
                    f"{MOST} livers are open in this app already; stop one, or close its page and wait half an hour."
                )
            owned.session = Session()
        return owned.session

    @property
    def _open(self) -> int:
        return sum(each.session is not None for each in self._owned.values())

    def close_idle(self, seconds: float) -> None:
        """Close the sessions that compute nothing and that no page has looked at for so long."""
        for owned in self._owned.values():
            session = owned.session
            if session is not None and not session.is_running and time.monotonic() - session.used > seconds:
                session.close()
                owned.session = None

    def close(self) -> None:
        """Close them all."""
        for owned in self._owned.values():
            if owned.session is not None:
                owned.session.close()
                owned.session = None
