"""From evidence to label: fusion, priors, policies."""
