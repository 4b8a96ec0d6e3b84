"""What the tests of whole fleets share: X_test.py PROGRAMS_FOLDER [UNITTEST OPTION...]."""
import os
import sys
import unittest

from fleet import Fleet, end_orderly

SKIPPED = 77


class FleetCase(unittest.TestCase):
    """Each test has a fleet of its own, and fails when something of it does not end."""

    def setUp(self):
        self.fleet = self.new_fleet()

    def new_fleet(self):
        fleet = Fleet(sys.argv[1])
        self.addCleanup(lambda: self.assertEqual(fleet.close(), [], "processes were left behind"))
        return fleet

    def tearDown(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            for daemon in self.fleet.daemons:
                print(f"---- {daemon.name}\n{daemon.said()[-3000:]}", file=sys.stderr)

    def assertSays(self, result, code, *parts):
        """A command ended with `code`, and its complaint has these words."""
        self.assertEqual(result.code, code, result)
        for part in parts:
            self.assertIn(part, result.err)


class Sentences(unittest.TextTestResult):
    def getDescription(self, test):
        test = getattr(test, "test_case", test)  # of a part
        return getattr(test, "_testMethodName", str(test)).removeprefix("test_").replace("_", " ")


def main():
    if os.geteuid() != 0:
        print("skipped: a site's services need root for control groups and users")
        sys.exit(SKIPPED)
    end_orderly()
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Sentences)
    ok = unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[2:]], testRunner=runner,
                       exit=False).result.wasSuccessful()
    sys.exit(0 if ok else 1)
