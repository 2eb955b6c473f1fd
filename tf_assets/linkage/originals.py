"""Every file that was received, kept as it came: named by its hash, encrypted, never changed.

A file is `<magic><7 bytes nonce prefix>` and then chunks of AES-256-GCM, each with its own tag: the STREAM construction of
Hoang, Reyhanitabar, Rogaway and Vizár (CRYPTO 2015), so that a file of any size is written and read in little memory, and
a chunk that was changed, moved, dropped or put in does not open. The file's hash is associated data, so that neither its
content nor its name can be exchanged unnoticed.

Of a file that was removed because its retention was over, `<sha256>.purged` says so, so that it is told from one that is lost.
"""

import hashlib
import io
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tf_assets.linkage.private_files import replace_private_file
from tf_assets.warehouse.errors import EvaluationError, KeysRefused
from tf_assets.warehouse.whole_files import sync_folder

MAGIC = b"TFO1"
PREFIX_BYTES = 7
TAG_BYTES = 16
CHUNK_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Word:
    """What is left of a file whose retention was over.

    needed_until: no rebuild as at a later moment (UTC) needs it; refused_in: the slots in which it was refused.
    """

    needed_until: datetime
    refused_in: tuple[str, ...]


@dataclass(frozen=True)
class Originals:
    """The store below `root`; storage_key: 32 bytes as hexadecimal text."""

    root: Path
    storage_key: str = field(repr=False)

    def keep(self, content: bytes) -> str:
        """Store the bytes unless they are there already; their sha256. A crash leaves the whole file or none."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._store(_chunks(io.BytesIO(content)), sha256)
        return sha256

    def keep_file(self, path: Path) -> str:
        """Store a file of any size; its sha256. `EvaluationError` when the file changes meanwhile."""
        sha256 = file_sha256(path)
        with path.open("rb") as source:
            self._store(_chunks(source), sha256)
        return sha256

    def take_over(self, other: "Originals", sha256: str) -> None:
        """Store a file of another store, which has another key, unless it is here already."""
        self._store(other._opened(other.path(sha256), sha256), sha256)

    def holds(self, sha256: str) -> bool:
        """Is the file kept?"""
        return self.path(sha256).exists()

    def read(self, sha256: str) -> bytes:
        """The bytes as received; KeysRefused when the key is another one or the file was changed."""
        if self.is_purged(sha256):
            raise EvaluationError(
                f"The original {sha256[:8]} was removed when its retention was over (retention.yml). Whatever needs it "
                "cannot be made again; ask its sender for it."
            )
        return b"".join(self._opened(self.path(sha256), sha256))

    def opens(self, path: Path) -> bool:
        """Whether the store's key opens a file of a store: its first chunk is tried."""
        try:
            next(self._opened(path, path.stem))
        except KeysRefused:
            return False
        return True

    def reseal(self, path: Path, other: "Originals", target: Path) -> None:
        """Write a file of this store, chunk by chunk, as another store with another key keeps it, to `target`."""
        target.unlink(missing_ok=True)
        with target.open("xb") as file:
            other._seal(self._opened(path, path.stem), file, path.stem)

    def prove(self, path: Path, sha256: str) -> None:
        """Read a whole file with the store's key; `KeysRefused` unless it opens and is what its name says."""
        digest = hashlib.sha256()
        for chunk in self._opened(path, sha256):
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise KeysRefused(f"The original {sha256[:8]} is not what its name says. Restore the file from a copy.")

    def path(self, sha256: str) -> Path:
        """Where a file is, or will be, kept."""
        return self.root / "originals" / sha256[:2] / f"{sha256}.aesgcm"

    def purge(self, sha256: str, needed_until: datetime, refused_in: Sequence[str] = ()) -> None:
        """Remove a file, and leave word of it (`Word`)."""
        told = {"needed_until": needed_until.isoformat(), "refused_in": sorted(refused_in)}
        replace_private_file(self._word_of(sha256), json.dumps(told))
        self.path(sha256).unlink(missing_ok=True)
        sync_folder(self.path(sha256).parent)

    def is_purged(self, sha256: str) -> bool:
        """Was the file removed because its retention was over, and has not come again?"""
        return self._word_of(sha256).exists() and not self.holds(sha256)

    def word_of(self, sha256: str) -> "Word | None":
        """What is known of a file that was purged; None of one that was not."""
        if not self.is_purged(sha256):
            return None
        told = json.loads(self._word_of(sha256).read_text())
        return Word(datetime.fromisoformat(told["needed_until"]), tuple(told["refused_in"]))

    def copy_word(self, other: "Originals", sha256: str) -> None:
        """Take over what another store says of a file that it has purged."""
        self.path(sha256).parent.mkdir(parents=True, exist_ok=True)
        replace_private_file(self._word_of(sha256), other._word_of(sha256).read_text())

    def _word_of(self, sha256: str) -> Path:
        return self.path(sha256).with_suffix(".purged")

    def _store(self, chunks: Iterator[bytes], sha256: str) -> None:
        target = self.path(sha256)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(f".{uuid.uuid4().hex}")
        try:
            with staged.open("xb") as file:
                if self._seal(chunks, file, sha256) != sha256:
                    raise EvaluationError("A file changed while it was read. It will be received when it is whole.")
                file.flush()
                os.fsync(file.fileno())
            staged.replace(target)
            sync_folder(target.parent)
            self._word_of(sha256).unlink(missing_ok=True)  # it has come again
        finally:
            staged.unlink(missing_ok=True)

    def _seal(self, chunks: Iterator[bytes], target: BinaryIO, sha256: str) -> str:
        """Write the sealed chunks; the hash of what was read."""
        prefix, cipher, digest = os.urandom(PREFIX_BYTES), self._cipher(), hashlib.sha256()
        target.write(MAGIC + prefix)
        chunk, number = next(chunks, b""), 0
        while True:
            following = next(chunks, b"")
            digest.update(chunk)
            target.write(cipher.encrypt(_nonce(prefix, number, not following), chunk, sha256.encode()))
            if not following:
                return digest.hexdigest()
            chunk, number = following, number + 1

    def _opened(self, path: Path, sha256: str) -> Iterator[bytes]:
        cipher = self._cipher()
        with path.open("rb") as file:
            head = file.read(len(MAGIC) + PREFIX_BYTES)
            prefix = head[len(MAGIC) :]
            sealed, number = file.read(CHUNK_BYTES + TAG_BYTES), 0
            while True:
                following = file.read(CHUNK_BYTES + TAG_BYTES)
                try:
                    yield cipher.decrypt(_nonce(prefix, number, not following), sealed, sha256.encode())
                except (InvalidTag, ValueError):
                    raise KeysRefused(
                        f"The original {sha256[:8]} cannot be opened with this storage key. Restore the key it was "
                        "kept with, or the file from a copy."
                    ) from None
                if not following:
                    return
                sealed, number = following, number + 1

    def _cipher(self) -> AESGCM:
        return AESGCM(bytes.fromhex(self.storage_key))


def file_sha256(path: Path) -> str:
    """The sha256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def _nonce(prefix: bytes, number: int, is_last: bool) -> bytes:
    """12 bytes: the file's prefix, the chunk's number, and whether it is the last."""
    return prefix + number.to_bytes(4, "big") + bytes([is_last])
