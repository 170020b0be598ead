"""The links of the chain from the visitor to the app, a module each."""
