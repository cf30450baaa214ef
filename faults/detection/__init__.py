"""The detection matrix: what the acceptance suite makes of each fault of the catalogue.

`seen` reads a run's reports, `verdicts` judges them by the catalogue, `suite` runs the suite, `results` keeps what was
seen, `tables` and `document` show it. Who breaks the deployment, the lab or the simulator, is no matter here.
"""
