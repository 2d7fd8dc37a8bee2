import sys

from social_roi.cli import main

sys.exit(main())
