"""What was pulled, below `raw/<schema>_pulled/` in S3, where it outlives the machine that did."""

from collections.abc import Callable
from pathlib import Path

from social_roi.aws.glue import object_keys
from social_roi.aws.settings import Settings, aws_errors, check_bucket


class PulledOnS3:
    """The prefix of a schema. Raises UserError where the bucket cannot be reached."""

    def __init__(self, where: Settings) -> None:
        import boto3

        check_bucket(where)
        self.where = where
        # not below raw/<schema>/, where landing removes former generations
        self.prefix = f"raw/{where.schema}_pulled/"
        self._s3 = boto3.client("s3", region_name=where.region)

    @property
    def address(self) -> str:
        return f"s3://{self.where.bucket}/{self.prefix}"

    def fetch_states(self, folder: Path) -> None:
        """The states of all accounts, without their files: S3 says what is there."""
        from social_roi.landing.names import path_below
        from social_roi.pull.state import STATE

        for path in folder.glob(f"*/*/{STATE}"):
            path.unlink()
        with aws_errors(self.address):
            for key in object_keys(self._s3, self.where.bucket, self.prefix):
                if key.endswith(f"/{STATE}"):
                    path = path_below(folder, key.removeprefix(self.prefix), key)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._s3.download_file(self.where.bucket, key, str(path))

    def publisher(self, folder: Path) -> Callable[[Path], None]:
        """A function that makes S3 the same as a file below the folder, which it then removes
        unless it is a state. An object appears whole."""
        from social_roi.pull.state import STATE

        def publish(path: Path) -> None:
            key = self.prefix + path.relative_to(folder).as_posix()
            with aws_errors(f"s3://{self.where.bucket}/{key}"):
                if not path.exists():
                    self._s3.delete_object(Bucket=self.where.bucket, Key=key)
                    return
                self._s3.upload_file(str(path), self.where.bucket, key)
            if path.name != STATE:
                path.unlink()

        return publish
