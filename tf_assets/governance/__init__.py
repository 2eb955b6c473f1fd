"""The record for the information governance board: what a release was made of, by what right, who may see what, and what
was examined. It reads manifests, declarations and verdicts, and opens no table that holds people."""
