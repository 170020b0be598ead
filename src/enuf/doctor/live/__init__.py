"""The diagnosis of a running stack: pure rules over evidence that was collected before."""
