"""`enuf install` and `enuf uninstall`: a site and a service on a host, each as one transaction that is undone when it fails."""
