"""`make test-alerts`: has promtool check the rules and try out every scenario. Ends with promtool's own status."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from services.runtime.alert_rules import rule_groups
from tests.alerts.rule_tests import promtool_tests
from tests.alerts.scenarios import SCENARIOS


def main() -> int:
    promtool = shutil.which("promtool")
    if promtool is None:
        print("promtool is not here. It comes with Prometheus: apt-get install prometheus", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="parlour-alerts-") as folder:
        rules, tests = Path(folder, "rules.yml"), Path(folder, "tests.yml")
        rules.write_text(json.dumps(rule_groups()))
        tests.write_text(json.dumps(promtool_tests(rules.name, SCENARIOS)))
        checked = subprocess.run([promtool, "check", "rules", rules], check=False).returncode
        return checked or subprocess.run([promtool, "test", "rules", tests], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
