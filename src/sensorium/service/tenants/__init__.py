"""Who may use the service: tenants, keys, accounts."""
