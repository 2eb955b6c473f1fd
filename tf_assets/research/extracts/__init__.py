"""What enters research: departments' attribute extracts, re-keyed, and the current release."""
