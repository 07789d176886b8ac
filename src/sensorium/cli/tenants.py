"""`sensorium tenants`: who has items and users of their own in a service."""

from enum import StrEnum
from typing import Annotated

import typer

from sensorium.cli.options import AsJson, Folder


class Action(StrEnum):
    """What is done."""

    list = "list"
    add = "add"
    remove = "remove"


def command(
    folder: Folder,
    action: Annotated[Action, typer.Argument(metavar="ACTION", help="list, add or remove.")] = Action.list,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The tenant to add or to remove.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With remove: do it; nothing brings it back.")] = False,
    as_json: AsJson = False,
) -> None:
    """List, add or remove tenants of a workspace's service, which may run meanwhile.

    Each has items, events, users, models, keys and accounts of its own, and learns nothing of the others. add
    prints the first key, this once. remove takes away all that the tenant has.
    """
    from sensorium.core.errors import ConfigError
    from sensorium.service.extra import require_serve_extra

    require_serve_extra(needed_for="sensorium tenants")
    if (name is None) is not (action is Action.list):
        what = "list takes no name" if name is not None else f"{action.value} needs the name of a tenant"
        raise ConfigError(what, where="NAME", remedy="See: sensorium tenants --help")
    from sensorium.service.moving.opened import open_service

    open_service(folder)
    if name is None:
        _list(as_json=as_json)
    elif action is Action.add:
        _add(name, as_json=as_json)
    else:
        _remove(name, yes=yes, as_json=as_json)


def _list(*, as_json: bool) -> None:
    from sensorium.cli.console import OUT, print_json
    from sensorium.service.tenants.models import Tenant

    names = list(Tenant.objects.order_by("name").values_list("name", flat=True))
    if as_json:
        print_json({"tenants": names})
        return
    for name in names:
        OUT.print(name, soft_wrap=True)


def _add(name: str, *, as_json: bool) -> None:
    import re

    from django.db import IntegrityError
    from rich.text import Text

    from sensorium.cli.console import ERR, OUT, print_done, print_json
    from sensorium.core.errors import ConfigError
    from sensorium.service.tenants.making import LONGEST_NAME, NAME, make_tenant

    if len(name) > LONGEST_NAME or re.fullmatch(NAME, name) is None:
        remedy = f"Use at most {LONGEST_NAME} of a-z, 0-9, `.`, `_` and `-`, first a letter or a digit"
        raise ConfigError(f"{name!r} is no name for a tenant", where="NAME", remedy=remedy)
    try:
        made = make_tenant(name)
    except IntegrityError:
        raise ConfigError(
            f"there is a tenant {name!r} already", where="NAME", remedy="Choose another name"
        ) from None
    if as_json:
        print_json({"name": name, "key": made.text})
        return
    print_done(f"Tenant {name} added")
    OUT.print(f"\nKey: {made.text}", soft_wrap=True)
    ERR.print(Text("It is shown this once: keep it.", style="bold"))


def _remove(name: str, *, yes: bool, as_json: bool) -> None:
    from sensorium.cli.console import counted, print_done, print_json
    from sensorium.core.errors import ConfigError, UnknownIdError
    from sensorium.service.catalogue.items import live_items
    from sensorium.service.events.models import Event
    from sensorium.service.tenants.making import remove_tenant
    from sensorium.service.tenants.models import Tenant

    found = Tenant.objects.filter(name=name).first()
    if found is None:
        raise UnknownIdError(
            f"no tenant is called {name!r}", where="NAME", remedy="See: sensorium tenants DIR list"
        )
    if found.is_first:
        raise ConfigError(f"{name} is the tenant of the workspace", where="NAME", remedy="It has to stay")
    n_items, n_events = live_items(found).count(), Event.objects.of(found).count()
    held = f"{counted(n_items, 'item')} and {counted(n_events, 'event')}"
    if not yes:
        raise ConfigError(f"{name} has {held}", where="NAME", remedy="Add --yes to remove them for ever")
    remove_tenant(found)
    if as_json:
        print_json({"removed": name})
    else:
        print_done(f"Tenant {name} removed, with {held}")
