"""Disclosure control, the ledger, tables and the report: door 2, the only way out."""
