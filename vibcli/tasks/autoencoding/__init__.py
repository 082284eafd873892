"""The task of autoencoding."""
