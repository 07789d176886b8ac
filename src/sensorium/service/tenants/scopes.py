"""What keys and accounts may do."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Scope: TypeAlias = Literal[
    "items:read",
    "items:write",
    "answers:read",
    "events:write",
    "users:read",
    "users:write",
    "jobs:read",
    "jobs:write",
    "metrics:read",
    "keys",
    "accounts",
    "tenants",
]
"""`events:write` alone is what a key in a page or an app may have: it can read nothing."""
Role: TypeAlias = Literal["viewer", "operator", "owner"]

ALL: tuple[Scope, ...] = get_args(Scope)
_VIEWER: frozenset[Scope] = frozenset(
    {"items:read", "answers:read", "users:read", "jobs:read", "metrics:read"}
)
_OPERATOR: frozenset[Scope] = frozenset(
    {
        *_VIEWER,
        "items:write",
        "events:write",
        "users:write",
        "jobs:write",
    }
)
OF_ROLE: Mapping[str, frozenset[Scope]] = {
    "viewer": _VIEWER,
    "operator": _OPERATOR,
    "owner": frozenset(ALL),
}
"""What an account may do by its role."""
BEYOND_A_TENANT: frozenset[Scope] = frozenset({"tenants", "metrics:read"})
"""What concerns all tenants: an account of one may not do it, nor a key of any but the first."""


def scopes_of(role: str, *, of_all_tenants: bool) -> frozenset[Scope]:
    """Return what an account may do by its role, of one tenant or of all."""
    return OF_ROLE[role] if of_all_tenants else OF_ROLE[role] - BEYOND_A_TENANT
