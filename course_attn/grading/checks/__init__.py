"""The checks: plain functions `test_...(student)`, small cases first; texts in the .toml beside."""
