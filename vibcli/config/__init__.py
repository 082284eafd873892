"""What a run is made of: settings in groups, their defaults, and what names an experiment."""
