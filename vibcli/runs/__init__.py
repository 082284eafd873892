"""One run's way: wanted, prepared, trained, tested, saved."""
