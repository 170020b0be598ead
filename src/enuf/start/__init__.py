"""One order of a start, for `up`, `serve`, `plan` and `render`."""
