"""Encoders and decoders: plain modules that are built from flat numbers."""
