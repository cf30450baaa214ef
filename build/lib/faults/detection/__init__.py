"""The detection matrix: what the acceptance suite makes of each fault of the catalogue.

`command` is the command line; `runner` observes the faults by a `way`, which brings each about. `suite` runs the suite,
`seen` reads its reports, `verdicts` judges them by the catalogue, `results` keeps what was seen, `tables` and
`document` show it. Which way it is, the lab or the simulator, does not matter here.
"""
