"""`python -m tf_assets.cli` is `tf-eval`."""

from tf_assets.cli.main import main

main()
