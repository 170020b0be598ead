"""Apps whose import leaves a connection or a thread, as people write them, and one view that proves they work.

Each view answers with what the request asked for. `waited_for` gives a thread time to do its work: an answer that
names a dead thread is a wrong one.
"""

from __future__ import annotations

import msgspec

_BEGIN = """
import os, queue, threading, time
from flask import Flask, request
app = Flask(__name__)
URL = os.environ.get("SOAK_DATABASE", "")
PATIENCE_S = float(os.environ["SOAK_PATIENCE_S"])

def waited_for(done, token):
    until = time.monotonic() + PATIENCE_S
    while token not in done and time.monotonic() < until:
        time.sleep(0.005)
    return token if token in done else "the thread is dead"
"""
_END = """
@app.get("/")
def index():
    return "ready"

@app.get("/ask")
def ask():
    return str(answer(request.args["t"]))
"""


class LoadingCase(msgspec.Struct, frozen=True):
    """One app of the table."""

    name: str
    database: str
    """The server that it needs; empty for none."""
    text: str
    outlives_fork: bool = False
    """True for a library that notices a fork by itself: no answer is wrong then, whoever loads the app."""

    @property
    def app(self) -> str:
        """The text of its app.py."""
        return _BEGIN + self.text + _END


CASES = (
    LoadingCase(
        "Flask-SQLAlchemy, `create_all` at import",
        "PostgreSQL",
        """
from flask_sqlalchemy import SQLAlchemy
app.config["SQLALCHEMY_DATABASE_URI"] = URL.replace("postgresql:", "postgresql+psycopg:")
db = SQLAlchemy(app)

class Order(db.Model):
    number = db.Column(db.String(32), primary_key=True)

with app.app_context():
    db.create_all()

def answer(token):
    db.session.add(Order(number=token))
    db.session.commit()
    return db.session.execute(db.select(Order).filter_by(number=token)).scalar_one().number
""",
    ),
    LoadingCase(
        "psycopg 3, a pool opened at import",
        "PostgreSQL",
        """
from psycopg_pool import ConnectionPool
pool = ConnectionPool(URL, min_size=2, open=True)
pool.wait()

def answer(token):
    with pool.connection(timeout=PATIENCE_S) as connection:
        return connection.execute("SELECT %s::text", (token,)).fetchone()[0]
""",
    ),
    LoadingCase(
        "redis-py, one connection from the import on",
        "Redis",
        """
import redis
client = redis.Redis.from_url(URL, decode_responses=True, single_connection_client=True)
client.ping()

def answer(token):
    client.set("order:" + token, token, ex=60)
    return client.get("order:" + token)
""",
    ),
    LoadingCase(
        "redis-py, a thread that listens to a channel",
        "Redis",
        """
import redis
client, done = redis.Redis.from_url(URL, decode_responses=True), set()
channel = client.pubsub(ignore_subscribe_messages=True)
channel.subscribe(**{"orders": lambda message: done.add(message["data"])})
channel.run_in_thread(sleep_time=0.01, daemon=True)

def answer(token):
    client.publish("orders", token)
    return waited_for(done, token)
""",
    ),
    LoadingCase(
        "Flask-Session on Redis, connected at import",
        "Redis",
        """
import redis
from flask import session
from flask_session import Session
client = redis.Redis.from_url(URL, single_connection_client=True)
client.ping()
app.config.update(SESSION_TYPE="redis", SESSION_REDIS=client)
Session(app)

def answer(token):
    session["token"] = token
    saved = app.make_response("")
    app.session_interface.save_session(app, session, saved)
    cookie = saved.headers["Set-Cookie"].partition(";")[0]
    with app.test_request_context(headers={"Cookie": cookie}):  # the visitor's next request
        return session["token"]
""",
    ),
    LoadingCase(
        "PyMySQL, a connection opened at import",
        "MariaDB",
        """
import pymysql
from urllib.parse import urlsplit
url, lock = urlsplit(URL), threading.Lock()
connection = pymysql.connect(host=url.hostname, port=url.port, user=url.username, password=url.password, database=url.path[1:])

def answer(token):
    with lock, connection.cursor() as cursor:
        cursor.execute("SELECT %s", (token,))
        return cursor.fetchone()[0]
""",
    ),
    LoadingCase(
        "a queue and the thread that empties it",
        "",
        """
jobs, done = queue.Queue(), set()

def work():
    while True:
        done.add(jobs.get())

threading.Thread(target=work, daemon=True).start()

def answer(token):
    jobs.put(token)
    return waited_for(done, token)
""",
    ),
    LoadingCase(
        "APScheduler, a BackgroundScheduler",
        "",
        """
from apscheduler.schedulers.background import BackgroundScheduler
scheduler, done = BackgroundScheduler(), set()
scheduler.start()

def answer(token):
    scheduler.add_job(done.add, args=[token], misfire_grace_time=60)
    return waited_for(done, token)
""",
    ),
    LoadingCase(
        "logging with a QueueListener",
        "",
        """
import logging, logging.handlers
lines, done = queue.Queue(), set()

class Kept(logging.Handler):
    def emit(self, record):
        done.add(record.getMessage())

listener = logging.handlers.QueueListener(lines, Kept())
listener.start()
log = logging.getLogger("shop")
log.addHandler(logging.handlers.QueueHandler(lines))

def answer(token):
    log.warning("%s", token)
    return waited_for(done, token)
""",
    ),
    LoadingCase(
        "OpenTelemetry, a BatchSpanProcessor",
        "",
        """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
done = set()

class Kept(SpanExporter):
    def export(self, spans):
        done.update(span.name for span in spans)
        return SpanExportResult.SUCCESS

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Kept(), schedule_delay_millis=20))
tracer = provider.get_tracer("shop")

def answer(token):
    with tracer.start_as_current_span(token):
        pass
    return waited_for(done, token)
""",
        outlives_fork=True,
    ),
    LoadingCase(
        "Segment, the thread that sends events",
        "",
        """
import segment.analytics.client as analytics
import segment.analytics.consumer as consumer
done = set()
# What would go to Segment's servers is kept.
consumer.post = lambda *args, batch, **more: done.update(event["event"] for event in batch)
client = analytics.Client("a key", upload_interval=0.05)

def answer(token):
    client.track("visitor", token)
    return waited_for(done, token)
""",
    ),
)
