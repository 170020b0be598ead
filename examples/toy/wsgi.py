"""What a WSGI server imports. Run by hand (`python wsgi.py`) it starts Flask's development server instead."""

from toy_flask_app import app

if __name__ == "__main__":
    app.run()
