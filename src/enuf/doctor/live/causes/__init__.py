"""What a running stack can prove, a module each."""
