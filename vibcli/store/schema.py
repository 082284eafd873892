"""The version of what is stored, apart from its types, which take long to import."""

SCHEMA_VERSION = 1
