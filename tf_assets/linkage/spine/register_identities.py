"""Who is on the registers, as the linkage sees them."""

REGISTER_IDENTITIES_SQL = """
    SELECT
        person_id, forename, surname, date_of_birth, sex, postcode, upn, nino, family_id,
        min(quarter_date) AS first_quarter_date
    FROM council_register JOIN register_clusters USING (council_code, person_ref)
    GROUP BY ALL
    ORDER BY person_id, first_quarter_date, forename, surname, date_of_birth, sex, postcode, upn, nino, family_id
"""
"""Every identity that a person went by on any register, oldest first, with the family."""
