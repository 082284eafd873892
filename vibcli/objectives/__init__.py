"""What a run optimises: a loss and its own optimiser."""

from vibcli.objectives.autoencoder import Inputs
from vibcli.objectives.classifier import Labels
from vibcli.objectives.objective import Objective, Terms

__all__ = ["Inputs", "Labels", "Objective", "Terms"]
