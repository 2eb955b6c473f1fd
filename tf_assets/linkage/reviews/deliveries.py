"""What has been decided since a run last took notice."""

import hashlib
from collections.abc import Iterator

from tf_assets.linkage.reviews.store import decisions_fingerprint
from tf_assets.warehouse.deliveries import Delivery
from tf_assets.warehouse.home import Home

REVIEWS_JOB = "record_reviews"


def review_deliveries(home: Home) -> Iterator[Delivery]:
    """One delivery for all that is recorded; none while nothing is."""
    fingerprint = decisions_fingerprint(home)
    if fingerprint:
        yield Delivery(REVIEWS_JOB, None, hashlib.sha256(fingerprint.encode()).hexdigest())
