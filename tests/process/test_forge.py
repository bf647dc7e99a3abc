"""A forger's campaign from a seed, in short: both verifiers end, and say the same, whatever was edited; what is not found changes nothing. scripts/forge has the long form."""

import datetime
import importlib.machinery
import importlib.util
import sqlite3
import unittest

from harness import ROOT, Simulator
from test_audit import Signed, three_nights

TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()


def forge():
    loader = importlib.machinery.SourceFileLoader("forge", str(ROOT / "scripts" / "forge"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("forge", loader))
    loader.exec_module(module)
    return module


class Forge(unittest.TestCase):
    def test_both_verifiers_say_the_same_of_every_forgery(self):
        with Simulator() as portal, Signed(portal) as place:
            three_nights(place, portal)
            with sqlite3.connect(place.store) as database:
                database.execute("PRAGMA journal_mode = DELETE")
            database.close()
            bundle, proof = place.folder / "bundle", place.folder / "proof.json"
            self.assertEqual(place.run("audit", "export", "--run", "2", bundle).code, 0)
            proof.write_text(place.run("--json", "audit", "prove", "1.000004", "--on", TODAY).stdout, encoding="utf-8")
            said = []
            campaign = forge().Campaign(16, place.folder / "congkhai.yaml", place.key, said.append)
            honest = [campaign.verdicts(path)[:2] for path in (place.store, bundle, proof)]
            self.assertEqual(honest, [(0, 0), (0, 0), (1, 1)])
            campaign.run(place.store, [bundle, proof], 20, 4)
            self.assertEqual(campaign.wrong, [], said)
            self.assertGreater(campaign.ends[5, 5], 8, campaign.ends)


if __name__ == "__main__":
    unittest.main()
