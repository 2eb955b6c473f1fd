"""The evaluation of the Troubled Families programme as software-defined assets."""
