"""The named reasons why an answer of enuf differs."""

from scripts.apps.compare import Difference

def explained(difference: Difference) -> str:
    return ""
