"""`tf-eval verify`: a finished run on the fictional England beside its planted truth."""
