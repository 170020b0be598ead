"""Certificates: read and checked, made by a local authority, trusted by the system's and the browsers' stores."""
