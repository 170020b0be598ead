"""The code between an application server and the app, in the app's own interpreter.

The modules of this package are written into the folder of the rendered files and imported from there, because
enuf may not be installed in the app's virtualenv: only the standard library, from Python 3.8 on. What one module
imports from another, `from enuf.wrapper.headers import …`, is written there as `from enuf_headers import …`.
"""
