"""A service that stands in for the analysis of faces: `python analysis_service.py`, with the usual variables.

Its operation `face-analyze` tells a face by the mean colour of the picture, which is `warm` or `grey`. What it says of
each stands in the JSON file that ANALYSIS_SCRIPT names, which is read again for every call: `{"warm": attributes,
"grey": attributes}`. Without attributes (`{}`) the geometry alone is told; `null` finds no face in the picture.
"""

import json
import os
from pathlib import Path
from typing import Any

from aiservice import ImageArray, Service

WARM = 10
"""Levels (of 255) that red has more than blue, on average, in a picture that is warm."""

service = Service("analysis", summary="Stands in for the analysis of faces")


@service.operation("face-analyze", path="/compute")
def face_analyze(image: ImageArray) -> dict[str, Any]:
    """Tell what is known of the face in a picture."""
    script = json.loads(Path(os.environ["ANALYSIS_SCRIPT"]).read_text())
    red, _, blue = image.mean(axis=(0, 1))
    attributes = script["warm" if red - blue > WARM else "grey"]
    if attributes is None:
        return {}
    height, width = image.shape[:2]
    return {**attributes, "geometry": {"width": width, "height": height}}


if __name__ == "__main__":
    service.run()
