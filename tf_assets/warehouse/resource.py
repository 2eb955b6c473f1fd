"""A zone as a Dagster resource."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from dagster_duckdb import DuckDBResource

from tf_assets.warehouse.home import Environment, Home
from tf_assets.warehouse.schema import load_schemas
from tf_assets.warehouse.zone import Zone


class ZoneResource(DuckDBResource):
    """dagster-duckdb's resource over a zone.

    Mended in three points: a connection is read-only unless it publishes, it is closed when the body raises, and a
    locked database is waited for with a limit and a sentence instead of 102 seconds of silence.
    """

    database: str = ":memory:"
    environment: str

    def zone(self) -> Zone:
        """The zone in the home that the environment names."""
        home = Home.from_environment()
        environment: Environment = "linkage" if self.environment == "linkage" else "research"
        schemas = {name: schema for (env, name), schema in load_schemas().items() if env == environment}
        return Zone(environment, home.zone(environment), schemas, self.storage_key(home))

    def storage_key(self, home: Home) -> str | None:
        """The key that the zone's files are encrypted with; none where the zone holds no identifier."""
        return None

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection to the zone's tables."""
        with self.zone().connect() as connection:
            yield connection
