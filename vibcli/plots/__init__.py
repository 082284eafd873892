"""Pictures: records -> PNG files."""
