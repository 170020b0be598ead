"""Files for an existing engine of containers: an image, Docker Compose, Docker Swarm, Kubernetes."""
