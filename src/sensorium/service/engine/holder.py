"""The view that this process answers with: one for each tenant, swapped as a whole, never behind.

At each request the tenant's row in the database says which bundle answers and how many changes there were. A
view that holds them all is used as it is; otherwise it catches up first, once for all threads that ask. While
another bundle is opened, which reads all of its files, the former one goes on, with all changes; so nobody
waits for it but who asks a process that has just started.
"""

import logging
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connections

from sensorium.core.errors import NotReadyError
from sensorium.service.engine.bundles import bundle_of
from sensorium.service.engine.models import EngineState
from sensorium.service.engine.overlays import overlay_since
from sensorium.service.engine.place import bundles_of, segments_of
from sensorium.service.engine.state import state_of
from sensorium.service.tenants.models import Tenant
from sensorium.serving.engine_view import EngineView

LOG = logging.getLogger("sensorium.service")


@dataclass(frozen=True)
class Held:
    """A view, and how far it goes."""

    view: EngineView
    bundle: str
    """The name of its folder."""
    sequence: int
    """The last change of an item that is in it."""

    def is_current(self, state: EngineState) -> bool:
        """Return whether nothing came since."""
        return self.bundle == state.bundle and self.sequence >= state.item_sequence


class Holder:
    """The view of one tenant in this process."""

    def __init__(self) -> None:
        self._held: Held | None = None
        self._lock = threading.Lock()
        self._opening = ""
        """The bundle that a thread opens, or could not open."""
        self._opening_lock = threading.Lock()

    def current(self, tenant: Tenant) -> Held | None:
        """Return the view with all changes that were committed before; None if no bundle was activated.

        Raises
        ------
        NotReadyError
            If the bundle is not there any more.
        """
        state = state_of(tenant)
        if not state.bundle:
            return None
        held = self._held
        if held is not None and held.bundle != state.bundle:
            self._open_beside(tenant, state.bundle)
            state.bundle = held.bundle
        if held is not None and held.is_current(state):
            return held
        with self._lock:
            held, state = self._held, state_of(tenant)
            if held is not None:
                state.bundle = held.bundle
            if held is None or not held.is_current(state):
                held = self._held = _caught_up(tenant, held, state)
            return held

    def _open_beside(self, tenant: Tenant, bundle: str) -> None:
        """Let a thread open the bundle, unless one does so; `NotReadyError` if it is not there."""
        require_folder(tenant, bundle)
        with self._opening_lock:
            if self._opening == bundle:
                return
            self._opening = bundle
        threading.Thread(target=self._open, args=(tenant, bundle), daemon=True).start()

    def _open(self, tenant: Tenant, bundle: str) -> None:
        """Open the bundle that is to answer, and let it do so if it still is."""
        try:
            opened = _caught_up(tenant, None, state_of(tenant))
            with self._lock:
                if state_of(tenant).bundle == opened.bundle:
                    self._held = opened
            with self._opening_lock:
                self._opening = ""
        except (DatabaseError, InterfaceError) as error:
            LOG.warning("bundle not opened", extra={"bundle": bundle, "error": str(error)})
            with self._opening_lock:
                self._opening = ""
        except Exception as error:
            # It is not tried again: the former bundle goes on until another one is activated.
            LOG.error("bundle not opened", extra={"bundle": bundle}, exc_info=error)
        finally:
            connections.close_all()  # this thread's own


def _caught_up(tenant: Tenant, held: Held | None, state: EngineState) -> Held:
    """Return the view that is held, or that of the bundle of `state`, with all changes up to its number."""
    is_new = held is None
    held = held or _opened(tenant, state.bundle)
    root = segments_of(tenant)
    view = held.view.caught_up(root)
    ids = view.model.catalog.items
    changed = view.changed if view.last_segment != held.view.last_segment else ()
    brought = [str(ids.id(int(index))) for index in changed]
    catalog, until = view.model.catalog, state.item_sequence
    overlay = overlay_since(tenant, catalog, held.sequence, until, brought, with_hidden=is_new)
    if overlay is not None:
        view = view.with_overlay(overlay)
    return Held(view, state.bundle, state.item_sequence)


def require_folder(tenant: Tenant, bundle: str) -> Path:
    """Return the folder of a bundle; `NotReadyError` if it is not there."""
    folder = bundles_of(tenant) / bundle
    if not folder.is_dir():
        raise NotReadyError(
            f"the bundle {bundle} is not there any more", remedy="Fit again, or activate another one"
        )
    return folder


def _opened(tenant: Tenant, bundle: str) -> Held:
    folder = require_folder(tenant, bundle)
    row = bundle_of(tenant, bundle)
    return Held(EngineView.open(folder), bundle, 0 if row is None else row.item_sequence)


@cache
def _holders() -> dict[int, Holder]:
    return {}


def view_of(tenant: Tenant) -> Held | None:
    """Return what answers for `tenant` now; see `Holder.current`."""
    return _holders().setdefault(tenant.pk, Holder()).current(tenant)


def forget_views() -> None:
    """Let this process open its views anew: for tests, whose tenants change from one to the next."""
    _holders.cache_clear()
