"""Departments' identity extracts, standardised like the registers that they are linked to."""
