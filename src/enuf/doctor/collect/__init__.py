"""Effects of the doctor: walking folders, reading files, asking the file system; no judgement."""
