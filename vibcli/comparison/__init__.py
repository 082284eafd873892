"""Runs -> findings -> verdict."""
