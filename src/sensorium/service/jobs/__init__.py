"""Work that is done beside requests: a table of jobs, and what takes them from it."""
