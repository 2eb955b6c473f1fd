"""What the programme changed: estimators and their uncertainty."""
