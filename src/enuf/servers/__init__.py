"""Application servers, one file each: what differs between them is data that they return."""
