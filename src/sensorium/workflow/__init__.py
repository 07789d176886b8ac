"""Workspaces, bundles, and the steps that the command line and the library share."""
