"""`enuf install`: a site and a service on a host, as one transaction that leaves the host as it was when anything fails."""
