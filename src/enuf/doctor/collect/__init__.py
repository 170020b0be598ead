"""Input of the doctor: walking folders, reading files, querying the file system; no judgement."""
