"""The command line: one file a command; each prints for people, or one JSON object with `--json`."""
