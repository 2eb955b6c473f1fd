"""Where opted-out people are looked for: the councils' registers, and each department's identities."""

REGISTER = "register"

DEAD_END = -1
"""The step of a record without a date of birth that is out for its name and postcode alone. It leads no further: it may
be another's of the name, and would join a father to his son."""

_IDENTITY = "forename, surname, date_of_birth, postcode, upn, nino, nhs_number"


def rows_sql(source: str) -> str:
    """The identities of one source: record and `_IDENTITY`, one row a mention; an alias is a mention too."""
    if source == REGISTER:
        return (
            "SELECT concat(council_code, '|', person_ref) AS record, forename, surname, date_of_birth, postcode, upn, "
            "nino, CAST(NULL AS VARCHAR) AS nhs_number FROM council_register"
        )
    return f"""
        SELECT record_ref AS record, {_IDENTITY} FROM {source}_identities
        UNION ALL
        SELECT record_ref, nullif(trim(regexp_replace(alias, '[^ ]+$', '')), ''), regexp_extract(alias, '[^ ]+$'),
               date_of_birth, postcode, NULL, NULL, NULL
        FROM (SELECT *, unnest(string_split(aliases, '|')) AS alias FROM {source}_identities WHERE aliases IS NOT NULL)
    """
