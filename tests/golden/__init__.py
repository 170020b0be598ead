"""Golden renders: one folder per case, with its settings, its app, and the files that enuf must make of them."""
