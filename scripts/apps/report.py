"""The report."""
from scripts.apps.trial import Outcome

def differences_text(outcome: Outcome) -> str:
    lines=[f"{outcome.failure}{outcome.refused}{outcome.not_tried}", *outcome.warnings]
    for d in outcome.unexplained:
        lines.append(f"{d.ask.method} {d.ask.path} {d.ask.headers} {d.part}\n  enuf     {d.ours[:1500]!r}\n  gunicorn {d.theirs[:1500]!r}")
    return "\n".join(lines)+"\n"

def table(outcomes):
    return ""
