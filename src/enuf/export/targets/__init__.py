"""One file per engine: a pure function from the deployment to files."""
