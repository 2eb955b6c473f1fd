"""Every file that was ever received, kept as it came: named by its hash, encrypted, never changed.

A file is `<12 bytes nonce><AES-256-GCM ciphertext and tag>`, bound to its hash as associated data, so that neither its
content nor its name can be exchanged unnoticed.
"""

import hashlib
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tf_assets.warehouse.errors import KeysRefused

NONCE_BYTES = 12


@dataclass(frozen=True)
class Originals:
    """The store below `root`; storage_key: 32 bytes as hexadecimal text."""

    root: Path
    storage_key: str = field(repr=False)

    def keep(self, content: bytes) -> str:
        """Store the bytes unless they are there already; their sha256. A crash leaves the whole file or none."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        if target.exists():
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher().encrypt(nonce, content, sha256.encode())
        staged = target.with_name(f".{uuid.uuid4().hex}")
        try:
            with staged.open("xb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            staged.replace(target)
        finally:
            staged.unlink(missing_ok=True)
        return sha256

    def holds(self, sha256: str) -> bool:
        """Is the file kept?"""
        return self.path(sha256).exists()

    def read(self, sha256: str) -> bytes:
        """The bytes as received; KeysRefused when the key is another one or the file was changed."""
        sealed = self.path(sha256).read_bytes()
        try:
            return self._cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], sha256.encode())
        except InvalidTag:
            raise KeysRefused(
                f"The original {sha256[:8]} cannot be opened with this storage key. Restore the key it was kept with."
            ) from None

    def path(self, sha256: str) -> Path:
        """Where a file is, or will be, kept."""
        return self.root / "originals" / sha256[:2] / f"{sha256}.aesgcm"

    def _cipher(self) -> AESGCM:
        return AESGCM(bytes.fromhex(self.storage_key))
