"""What is known of a file or folder once its blocks are hashed."""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from chalicelib.ipfs.cid import DIGEST_BYTES, encode_cid


@dataclass(frozen=True, slots=True)
class Node:
    """The root of a file, a folder or a part of a file's tree.

    Attributes:
        digest: SHA-256 of the encoded root block, 32 bytes.
        size: Bytes of the file; for a folder, of all files below it, each counted once per link.
        dag_size: Bytes of the encoded root block plus the dag_size of each child, a shared block counted once per
            link: the Tsize of a link to this node, and what kubo calls `Size`.

    Raises:
        ValueError: The digest is not 32 bytes long, or a size is negative.
    """

    digest: bytes
    size: int
    dag_size: int

    def __post_init__(self) -> None:
        if len(self.digest) != DIGEST_BYTES:
            raise ValueError(f"a SHA-256 digest has {DIGEST_BYTES} bytes, not {len(self.digest)}")
        if self.size < 0 or self.dag_size < 0:
            raise ValueError("a size in bytes is not negative")

    @classmethod
    def above(cls, block: bytes, children: Collection[Self]) -> Self:
        """Make the node of a block that holds no bytes of a file itself.

        Args:
            block: The encoded block.
            children: The node behind each of its links.
        """
        return cls(
            digest=sha256(block).digest(),
            size=sum(child.size for child in children),
            dag_size=len(block) + sum(child.dag_size for child in children),
        )

    @property
    def cid(self) -> str:
        """CIDv0 of the root block."""
        return encode_cid(self.digest)
