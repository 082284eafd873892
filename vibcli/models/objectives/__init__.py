"""What a run optimises: a loss and its own optimiser."""

from vibcli.models.objectives.autoencoder import Inputs
from vibcli.models.objectives.classifier import Labels
from vibcli.models.objectives.objective import Objective, Terms

__all__ = ["Inputs", "Labels", "Objective", "Terms"]
