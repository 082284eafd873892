"""A model and rows -> metrics and predictions."""
