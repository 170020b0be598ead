"""Compare ways to serve one app, by requests that are counted: `enuf bench`."""
