"""The spine: who on the councils' registers is which record of a department's extract."""
