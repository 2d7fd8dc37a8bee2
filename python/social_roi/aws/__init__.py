"""The Athena side: landing to S3 and Glue, solvers outside the warehouse, deployment."""
