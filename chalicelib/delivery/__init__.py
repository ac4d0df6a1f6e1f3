"""What the world reads: resources of the folders that an API has, as far as it lets them be read (flux-apis, C)."""

from chalicelib.delivery.service import Delivery

__all__ = ["Delivery"]
