"""Certificates of a public authority by ACME (RFC 8555): ordered, renewed in time, and never asked for too often.

The engine works on one folder and runs as a process of its own: `python -m enuf.tls.acme FOLDER`. Whoever serves the
site watches the pair in that folder.
"""
