"""The preparation of a reload: requests, a plan made in a child, refusals."""
