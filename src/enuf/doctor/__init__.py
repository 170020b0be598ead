"""What is wrong with an nginx site, a uWSGI configuration, their units and the app: evidence, rules, findings."""
