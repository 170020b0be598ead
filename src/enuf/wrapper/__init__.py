"""The code between an application server and the app, in the app's own interpreter.

The modules of this package are written into the folder of the rendered files and imported from there, because
enuf may not be installed in the app's virtualenv: only the standard library, from Python 3.8 on, and no
imports of each other.
"""
