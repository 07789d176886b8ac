"""Readers: one file for each way in which a table can arrive; all of them return a `Table`."""
