"""From raw social-ad files to answers: the Python beside the dbt project."""
