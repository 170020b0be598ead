from flask import Flask

app = Flask(__name__)


@app.get("/api/users")
def users() -> list[str]:
    return []
