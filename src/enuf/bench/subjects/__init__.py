"""Ways to serve an app, one module each: topologies of enuf, and other servers as people set them up."""
