"""The dashboard: a page on loopback that shows a running stack, and its figures for Prometheus."""
