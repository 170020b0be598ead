"""Views of the samples: metrics, and what the dashboard answers to commands."""
