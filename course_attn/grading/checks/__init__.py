"""The checks: plain functions `test_...(student)`, small cases first. Their texts are in the .toml beside them."""
