"""Who is compared with whom: eligibility, index dates, covariates, propensity, matching, balance."""
