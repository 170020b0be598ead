"""The figures of HTTPS, by `make tls`: tested by testssl and h2spec, measured beside Caddy, renewed under load."""
