"""The databases of the last release, as people left them. `make release-databases` writes them, at a release."""
