"""The logs of all layers as records, errors and stories."""
