"""Accounts: made, and told from whoever only knows their name."""

import secrets

from sensorium.service.tenants.models import Account, Tenant
from sensorium.service.tenants.scopes import Role


def make_account(name: str, password: str, role: Role, tenant: Tenant | None) -> Account:
    """Return a new account; `tenant` is None for one that may ask about all tenants."""
    account = Account(name=sign_in_name(name, tenant), role=role, tenant=tenant)
    account.set_password(password)
    account.save(force_insert=True)
    return account


def sign_in_name(name: str, tenant: Tenant | None) -> str:
    """Return what an account is signed in with: that a name is taken tells no tenant what others have."""
    return name if tenant is None or tenant.is_first else f"{tenant.name}/{name}"


def signed_in(name: str, password: str) -> Account | None:
    """Return the account with this name and password; None takes as long where there is no such name."""
    account = Account.objects.filter(name=name, is_active=True).first()
    if account is None:
        Account().set_password(password)
        return None
    return account if account.check_password(password) else None


def new_password() -> str:
    """Return a password that nobody guesses."""
    return secrets.token_urlsafe(12)


def is_last_owner(account: Account) -> bool:
    """Return whether nobody else could make accounts of all tenants."""
    others = Account.objects.filter(role="owner", tenant=None, is_active=True).exclude(pk=account.pk)
    return account.role == "owner" and account.tenant is None and not others.exists()
