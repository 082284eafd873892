"""Pictures: records -> PNG or SVG files."""
