"""From raw social-ad files to five answers: the Python beside the dbt project."""
