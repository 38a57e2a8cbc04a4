"""Workbooks that people send: a guard before any parser, a reader in a limited child process. Knows no form."""
