"""`enuf install` and `enuf uninstall`: each is one transaction, which is undone when a step fails."""
