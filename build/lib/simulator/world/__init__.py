"""What exists in the simulated deployment, and how it changes; it knows neither HTTP nor SSH."""
