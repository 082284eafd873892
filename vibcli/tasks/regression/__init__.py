"""The task of regression."""
