"""What tests share: apps to serve, stacks to run, a look at what is left."""
