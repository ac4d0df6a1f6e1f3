"""Encrypted content in S3: segments, objects, and who still needs them (decision 7)."""

from chalicelib.blobs.plaintext import Plaintext
from chalicelib.blobs.service import Blobs, Fresh
from chalicelib.blobs.tables import BlobRow

__all__ = ["BlobRow", "Blobs", "Fresh", "Plaintext"]
