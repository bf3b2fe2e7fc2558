"""What axe finds wrong with a page: the rules of WCAG 2.2 AA that a program can judge, and best practice."""

from importlib.resources import files

from tests.browser.chromium import Visit

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
"""The script. Of the package that brings it along, only this file is used."""
RUN = """
axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: {"color-contrast": {enabled: CONTRAST}},
  resultTypes: ["violations"],
}).then(told => told.violations.flatMap(rule =>
  rule.nodes.map(node => `${rule.id}: ${node.target.flat().join(" >> ")}: ${node.failureSummary}`)))
"""


def load_axe(visit: Visit) -> None:
    """Have the script in a page; once is enough."""
    if not visit.value("'axe' in window"):
        visit.value(f"{AXE};1")


def faults(visit: Visit, *, contrast: bool = True) -> list[str]:
    """What is wrong with a page as it looks now, shadow roots included: rule, place and reason."""
    load_axe(visit)
    found: list[str] = visit.value(RUN.replace("CONTRAST", str(contrast).lower()))
    return found
