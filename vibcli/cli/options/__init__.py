"""Options that commands share, those made from settings, and what sets them."""
