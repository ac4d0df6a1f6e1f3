"""Flux APIs: what of an environment is published, under which prefix, with which methods (seed 002)."""

from chalicelib.apis.connections import Connections
from chalicelib.apis.service import Apis

__all__ = ["Apis", "Connections"]
