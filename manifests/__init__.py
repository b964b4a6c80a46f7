"""Documents that vouch for bytes: C2PA manifests for an asset, statements for a run."""
