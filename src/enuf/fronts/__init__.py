"""Web servers that stand in front, one file each: what differs between them is data that they return."""
