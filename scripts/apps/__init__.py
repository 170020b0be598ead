"""`make apps`: real public applications, served by `enuf up` and by gunicorn, and their answers compared."""
