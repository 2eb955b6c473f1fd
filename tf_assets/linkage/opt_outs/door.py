"""The last look before a release: nobody whose records are out may be in what it is made of."""

from tf_assets.warehouse.errors import GateFailed
from tf_assets.warehouse.zone import Zone

_LEFT_IN_SQL = """
    SELECT
        (SELECT count(*) FROM register_clusters SEMI JOIN opted_out_records USING (council_code, person_ref))
        + (SELECT count(*) FROM record_links SEMI JOIN opted_out_identities USING (extract, record_ref))
"""


def refuse_opted_out(zone: Zone) -> None:
    """`GateFailed` when a published spine still holds a record that is out.

    It happens where the spine was made in parts, by hand, with an older table of opted-out records.
    """
    with zone.connect() as connection:
        counted = connection.execute(_LEFT_IN_SQL).fetchone()
    n_left = int(counted[0]) if counted else 0
    if n_left:
        raise GateFailed(
            f"No release was written: {n_left} records of people who have opted out are still in the spine. Run the job "
            "link_and_release, which makes the spine again without them."
        )
