"""Upload sessions: files and folders of any size, part by part through a staging bucket (spec drive, Large files)."""

from chalicelib.uploads.service import Uploads

__all__ = ["Uploads"]
