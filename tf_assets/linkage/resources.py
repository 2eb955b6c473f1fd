"""The linkage environment's zone: the only one with a storage key."""

from tf_assets.linkage.keys import load_keys
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.resource import ZoneResource


class LinkageZone(ZoneResource):
    """Encrypted storage; the key is read when a step runs, so definitions load without secrets."""

    environment: str = "linkage"

    def storage_key(self, home: Home) -> str | None:
        """The storage key of this home; `KeysRefused` says what is wrong with it."""
        return load_keys(home).storage_key
