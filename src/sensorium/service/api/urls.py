"""All paths of the service; importing `paths` makes ids known, which the routes name."""

from collections.abc import Sequence

from django.urls import URLPattern, URLResolver, path

from sensorium.service.api import paths  # noqa: F401  # pyright: ignore[reportUnusedImport]
from sensorium.service.api.document import api
from sensorium.service.api.operation import metrics

urlpatterns: Sequence[URLPattern | URLResolver] = [path("api/", api.urls), path("metrics", metrics)]
