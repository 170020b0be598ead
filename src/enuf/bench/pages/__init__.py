"""The report of `enuf bench` as one page of HTML that needs nothing else: no script, no other file, no network."""
