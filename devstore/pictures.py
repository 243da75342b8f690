"""Pictures of products, drawn from their numbers: most products have one, some never got one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COLOURS = ("#7a8fa6", "#8fa67a", "#a67a8f", "#a6937a", "#7aa69f", "#8a7aa6")
WITHOUT = 7  # every seventh product has no picture

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400" viewBox="0 0 40 40">
<rect width="40" height="40" fill="#f3f3f3"/>
<path d="M14 12l4-2h4l4 2 4 5-3 3-2-2v12H15V18l-2 2-3-3z" fill="{colour}"/>
</svg>
"""


def routes() -> list[Route]:
    """Return the route of the pictures."""
    return [Route("/cdn/pictures/{product:int}.svg", picture)]


def picture(request: Request) -> Response:
    """Draw the picture of a product."""
    product = request.path_params["product"]
    svg = SVG.format(colour=COLOURS[product % len(COLOURS)])
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def picture_url(origin: str, product: int) -> str | None:
    """Return where the picture of a product lies; nothing for a product without one, or while nobody serves."""
    return f"{origin}/cdn/pictures/{product}.svg?v=1" if origin and product % WITHOUT else None
