"""The files of `enuf export` on real engines of containers; `make engines` runs it."""
