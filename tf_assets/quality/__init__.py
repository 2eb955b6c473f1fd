"""The gate: Great Expectations suites in the form stage, audit, publish."""
