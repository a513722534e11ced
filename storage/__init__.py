"""The one database: every statement Gondola runs lives here."""

from __future__ import annotations

from storage.ciphering import ContentCipher
from storage.store import SqlStore, open_store

__all__ = ["ContentCipher", "SqlStore", "open_store"]
