"""Who asks, and what they may do: a key in the header `Authorization`, or the session of an account."""

import os
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.utils import check_csrf

from sensorium.service.api.problems import Problem
from sensorium.service.api.quotas import refuse_medium_beyond_quota
from sensorium.service.tenants.keys import find_key
from sensorium.service.tenants.models import DEFAULT_TENANT, Account, Tenant
from sensorium.service.tenants.rates import Rates, whole_seconds
from sensorium.service.tenants.scopes import BEYOND_A_TENANT, Scope, scopes_of

WEB_PROCESSES = "SENSORIUM_WEB_PROCESSES"
"""The variable that says among how many processes rates are divided."""
TENANT_HEADER = "Sensorium-Tenant"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FAILURES_PER_SECOND, FAILURES_AT_ONCE = 0.2, 20
"""Wrong keys or passwords that may come from an address."""
FAILURES_OF_A_NAME = 200
"""Wrong passwords that may come for a name from all addresses: few for machines that guess together, and more
than one of them may have, so that no single one keeps an owner out."""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    tenant: Tenant
    scopes: frozenset[str]
    name: str
    """`key:PREFIX` or `account:NAME`: what rates are counted by."""
    account: Account | None = None
    all_tenants: bool = False
    """Whether this may go beyond its tenant: make tenants, and accounts of any of them."""

    @property
    def may_give(self) -> frozenset[str]:
        """The scopes that it may give to a key of the tenant that it asks about."""
        return self.scopes if self.tenant.is_first else self.scopes - BEYOND_A_TENANT


class AskingRequest(HttpRequest):
    """A request after `may` let it in."""

    auth: Caller


@cache
def request_rates() -> Rates:
    """Return the buckets of this process for requests by caller."""
    rate = settings.SENSORIUM_LIMITS.requests_per_second / int(os.environ.get(WEB_PROCESSES, "1"))
    return Rates(rate, 2 * rate)


@cache
def failure_rates() -> Rates:
    """Return the buckets of this process for wrong keys and passwords, by address."""
    return Rates(FAILURES_PER_SECOND, FAILURES_AT_ONCE)


@cache
def name_failure_rates() -> Rates:
    """Return the buckets of this process for wrong passwords, by the name that was said."""
    return Rates(FAILURES_PER_SECOND, FAILURES_OF_A_NAME)


class ApiKey(HttpBearer):
    """Lets in whoever has `scope`; named as the security scheme of the OpenAPI document."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        """Return who asks; a `Problem` (401, 403, 429) refuses."""
        said = request.headers.get("Authorization")
        caller = caller_of_session(request) if said is None else self.authenticate(request, said)
        wait_s = request_rates().wait_s(caller.name)
        if wait_s:
            raise Problem(
                "too-many-requests",
                f"{caller.name} asks too often; "
                f"{settings.SENSORIUM_LIMITS.requests_per_second:g} requests a second are allowed",
                headers={"Retry-After": whole_seconds(wait_s)},
            )
        if self.scope not in caller.scopes:
            raise Problem("missing-scope", f"{caller.name} lacks the scope {self.scope}", where=self.scope)
        refuse_medium_beyond_quota(caller.tenant, request)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return whose key the header's value `token` holds."""
        kind, _, text = token.partition(" ")
        if kind.lower() == "bearer" and (key := find_key(text.strip())) is not None:
            scopes = frozenset(key.scopes) - (frozenset() if key.tenant.is_first else BEYOND_A_TENANT)
            return Caller(key.tenant, scopes, f"key:{key.prefix}", all_tenants="tenants" in scopes)
        _let_wait(failure_rates().wait_s(f"key:{request.META.get('REMOTE_ADDR')}"))
        raise Problem(
            "bad-credentials",
            "the header holds no valid key",
            where="Authorization",
            headers={"WWW-Authenticate": "Bearer"},
        )


def may(scope: Scope) -> ApiKey:
    """Return what lets a route be used by those who have `scope`."""
    return ApiKey(scope)


def count_failed_sign_in(request: HttpRequest, name: str) -> None:
    """Count a wrong password; after too many from an address, or for a name, the answer is 429."""
    waits = (failure_rates().wait_s(_sign_in(request)), name_failure_rates().wait_s(name))
    _let_wait(max(waits))


def refuse_guessing(request: HttpRequest, name: str) -> None:
    """Refuse, before a password is looked at, whoever was wrong too often."""
    from_there = failure_rates().wait_s(_sign_in(request), take=False)
    _let_wait(max(from_there, name_failure_rates().wait_s(name, take=False)))


def client_address(request: HttpRequest) -> str:
    """Return who asks, as `Forwarded` has it: through a proxy that is named, the address that it saw."""
    return str(request.META.get("REMOTE_ADDR") or "")


def _sign_in(request: HttpRequest) -> str:
    return f"sign-in:{client_address(request)}"


def _let_wait(wait_s: float) -> None:
    if wait_s:
        raise Problem(
            "too-many-failures", "too many attempts failed", headers={"Retry-After": whole_seconds(wait_s)}
        )


def caller_of_session(request: HttpRequest) -> Caller:
    """Return the account that is signed in; a request that changes anything needs its token, too."""
    account = request.user
    if not isinstance(account, Account):
        raise Problem(
            "missing-credentials",
            "there is neither a key nor a session",
            where="Authorization",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if request.method not in SAFE_METHODS and check_csrf(request) is not None:
        raise Problem("bad-csrf", "the token of the session is missing or wrong", where="X-CSRFToken")
    return caller_of(account, request.headers.get(TENANT_HEADER))


def caller_of(account: Account, tenant_name: str | None) -> Caller:
    """Return the account as somebody who asks about the tenant that a header named."""
    return Caller(
        tenant_of(account, tenant_name),
        frozenset(scopes_of(account.role, of_all_tenants=account.tenant is None)),
        f"account:{account.name}",
        account=account,
        all_tenants=account.tenant is None and account.role == "owner",
    )


def tenant_of(account: Account, name: str | None) -> Tenant:
    """Return the tenant that an account asks about: its own, or the one that the header names."""
    if account.tenant is not None:
        if name not in (None, account.tenant.name):
            raise Problem("unknown-tenant", "the header names no tenant of yours", where=TENANT_HEADER)
        return account.tenant
    wanted = Tenant.objects.filter(name=name or DEFAULT_TENANT).first()
    if wanted is None:
        raise Problem("unknown-tenant", "the header names no tenant", where=TENANT_HEADER)
    return wanted
