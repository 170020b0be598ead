from flask import Blueprint, Flask

app = Flask(__name__)
admin = Blueprint("admin", __name__, url_prefix="/admin", static_folder="admin/static")
reports = Blueprint(
    "reports", __name__, url_prefix="/reports", static_folder="admin/reports", static_url_path="/files"
)
admin.register_blueprint(reports)
app.register_blueprint(admin)


@app.get("/")
def index() -> str:
    return "hello"
