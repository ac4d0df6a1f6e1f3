"""Fluxvault: the drive, its metadata and key service, and the APIs that publish what it holds."""
