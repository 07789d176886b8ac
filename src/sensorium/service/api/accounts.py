"""Routes of sessions, accounts and tenants: people, where keys are for programs."""

from typing import Annotated, Self

from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router
from ninja.responses import Status
from pydantic import Field, StringConstraints

from sensorium.service.api.access import (
    TENANT_HEADER,
    AskingRequest,
    Caller,
    caller_of,
    count_failed_sign_in,
    may,
    refuse_guessing,
)
from sensorium.service.api.fields import Input, Output
from sensorium.service.api.problems import Problem
from sensorium.service.tenants.accounts import is_last_owner, make_account, signed_in
from sensorium.service.tenants.making import LONGEST_NAME, NAME, make_tenant, remove_tenant
from sensorium.service.tenants.models import Account, Tenant
from sensorium.service.tenants.scopes import Role, scopes_of

router = Router(tags=["accounts"])
Password = Annotated[str, Field(min_length=10, max_length=200)]
TenantName = Annotated[str, StringConstraints(pattern=NAME, min_length=1, max_length=LONGEST_NAME)]
"""A name in small letters, as in addresses of pages."""
OwnName = Annotated[str, StringConstraints(pattern=r"^[^/\x00]+$", min_length=1, max_length=100)]
"""A name without the tenant before it."""
SignInName = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", min_length=1, max_length=180)]


class SignIn(Input):
    """Who wants to sign in."""

    name: SignInName
    """As the account has it; that of another tenant than the first has the tenant before it: `other/ann`."""
    password: Annotated[str, Field(max_length=200)]


class SessionOutput(Output):
    """Who is signed in."""

    name: str
    role: str
    tenant: str
    scopes: list[str]
    csrf_token: str
    """To be sent as `X-CSRFToken` with every request that changes anything."""


class AccountInput(Input):
    """An account to be made."""

    name: OwnName
    password: Password
    role: Role
    all_tenants: bool = Field(default=False, strict=True)
    """Whether it may ask about all tenants, not only about the caller's; only who may can give this."""


class PasswordInput(Input):
    """A new password, and that the caller knows the present one."""

    present: Annotated[str, Field(max_length=200)]
    new: Password


class AccountOutput(Output):
    """An account."""

    name: str
    role: str
    tenant: str | None
    """Null for an account that may ask about all tenants."""

    @classmethod
    def of(cls, row: Account) -> Self:
        """Return what `row` says."""
        return cls(name=row.name, role=row.role, tenant=None if row.tenant is None else row.tenant.name)


class AccountList(Output):
    """All accounts that the caller may see."""

    accounts: list[AccountOutput]


class TenantInput(Input):
    """A tenant to be made."""

    name: TenantName


class NewTenantOutput(Output):
    """A tenant with its first key, whose secret is shown this once."""

    name: str
    key: str
    """May do everything in the tenant."""


class TenantList(Output):
    """All tenants that the caller may see."""

    tenants: list[str]


@router.post("/session", response={201: SessionOutput}, auth=None, operation_id="sign_in")
def sign_in(request: HttpRequest, body: SignIn) -> Status[SessionOutput]:
    """Sign in; the answer sets the cookies of a session."""
    refuse_guessing(request, body.name)
    account = signed_in(body.name, body.password)
    if account is None:
        count_failed_sign_in(request, body.name)
        raise Problem("bad-credentials", "no account has this name and password", where="password")
    login(request, account)
    return Status(201, session_of(request, caller_of(account, request.headers.get(TENANT_HEADER))))


@router.get("/session", auth=may("items:read"), response=SessionOutput, operation_id="get_session")
def session(request: AskingRequest) -> SessionOutput:
    """Return who is signed in."""
    return session_of(request, request.auth)


@router.put("/session/password", auth=may("items:read"), response={204: None}, operation_id="change_password")
def change_password(request: AskingRequest, body: PasswordInput) -> None:
    """Change the password of who is signed in; all other sessions of the account end."""
    account = request.auth.account
    if account is None:
        raise Problem("missing-credentials", "a key has no password", where="Authorization")
    refuse_guessing(request, account.name)
    if not account.check_password(body.present):
        count_failed_sign_in(request, account.name)
        raise Problem("bad-credentials", "the present password is another one", where="present")
    account.set_password(body.new)
    account.save(update_fields=["password"])
    update_session_auth_hash(request, account)


@router.delete("/session", auth=may("items:read"), response={204: None}, operation_id="sign_out")
def sign_out(request: AskingRequest) -> None:
    """Sign out."""
    logout(request)


@router.get("/accounts", auth=may("accounts"), response=AccountList, operation_id="list_accounts")
def listed(request: AskingRequest) -> AccountList:
    """List the accounts of the tenant; who may ask about all tenants sees all."""
    rows = Account.objects.select_related("tenant").order_by("name")
    if not request.auth.all_tenants:
        rows = rows.filter(tenant=request.auth.tenant)
    return AccountList(accounts=[AccountOutput.of(row) for row in rows])


@router.post("/accounts", auth=may("accounts"), response={201: AccountOutput}, operation_id="make_account")
def make(request: AskingRequest, body: AccountInput) -> Status[AccountOutput]:
    """Make an account of the tenant, or one of all tenants."""
    if body.all_tenants:
        _require_all_tenants(request.auth)
    _require_scopes(request.auth, body.role, of_all_tenants=body.all_tenants)
    tenant = None if body.all_tenants else request.auth.tenant
    try:
        with transaction.atomic():
            row = make_account(body.name, body.password, body.role, tenant)
    except IntegrityError:
        raise Problem("name-taken", "an account has this name", where="name") from None
    return Status(201, AccountOutput.of(row))


@router.delete(
    "/accounts/{id:name}", auth=may("accounts"), response={204: None}, operation_id="delete_account"
)
def delete(request: AskingRequest, name: SignInName) -> None:
    """Delete an account; its sessions end at once."""
    rows = Account.objects.filter(name=name)
    if not request.auth.all_tenants:
        rows = rows.filter(tenant=request.auth.tenant)
    row = rows.first()
    if row is None:
        raise Problem("unknown-account", "no account has this name", where="name")
    _require_scopes(request.auth, row.role, of_all_tenants=row.tenant is None)
    if is_last_owner(row):
        raise Problem("last-owner", f"{name} is the only owner of all tenants", where="name")
    row.delete()


@router.get("/tenants", auth=may("tenants"), response=TenantList, operation_id="list_tenants")
def tenants(request: AskingRequest) -> TenantList:
    """List the tenants."""
    _require_all_tenants(request.auth)
    return TenantList(tenants=list(Tenant.objects.order_by("name").values_list("name", flat=True)))


@router.post("/tenants", auth=may("tenants"), response={201: NewTenantOutput}, operation_id="make_tenant")
def add_tenant(request: AskingRequest, body: TenantInput) -> Status[NewTenantOutput]:
    """Make a tenant, which has nothing yet; its first key is shown this once."""
    _require_all_tenants(request.auth)
    try:
        made = make_tenant(body.name)
    except IntegrityError:
        raise Problem("name-taken", "a tenant has this name", where="name") from None
    return Status(201, NewTenantOutput(name=body.name, key=made.text))


@router.delete("/tenants/{id:name}", auth=may("tenants"), response={204: None}, operation_id="remove_tenant")
def delete_tenant(request: AskingRequest, name: SignInName) -> None:
    """Remove a tenant for ever: its items, media, events, users, models, keys, accounts."""
    _require_all_tenants(request.auth)
    row = Tenant.objects.filter(name=name).first()
    if row is None:
        raise Problem("unknown-tenant", "no tenant has this name", where="name")
    if row.is_first:
        raise Problem("first-tenant", f"{name} is the tenant of the workspace", where="name")
    remove_tenant(row)


def session_of(request: HttpRequest, caller: Caller) -> SessionOutput:
    """Return what a page needs to know of who is signed in."""
    if caller.account is None:
        raise Problem("missing-credentials", "a key is no session", where="Authorization")
    return SessionOutput(
        name=caller.account.name,
        role=caller.account.role,
        tenant=caller.tenant.name,
        scopes=sorted(caller.scopes),
        csrf_token=get_token(request),
    )


def _require_scopes(caller: Caller, role: str, *, of_all_tenants: bool) -> None:
    """Refuse whoever would let others do more than he or she may."""
    missing = sorted(scopes_of(role, of_all_tenants=of_all_tenants) - caller.scopes)
    if missing:
        raise Problem("missing-scope", f"{caller.name} lacks {', '.join(missing)}, which {role} has")


def _require_all_tenants(caller: Caller) -> None:
    if not caller.all_tenants:
        raise Problem("missing-scope", f"{caller.name} belongs to one tenant", where="tenants")
