"""The Athena side: landing to S3 and Glue, solving beside the warehouse, deploying."""
