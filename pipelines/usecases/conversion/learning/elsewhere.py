"""What is usual in other shops: where a shop's own past says little, a chance is drawn towards this.

Sessions: pages and minutes from a logistic regression on 8,666 real sessions (Online Shoppers Intention, UCI, CC BY
4.0: .22 by the logarithm of pages, .47 of minutes), halved, since those sessions were over. Products put into the cart
and the share that orders: a usual funnel (8 of 100 sessions fill a cart, 45 of 100 carts reach the checkout, half of
those order). Whether returning visitors buy more differs between shops, even in sign, so nothing is said of them.
"""

from __future__ import annotations

from pipelines.usecases.conversion.learning.logistic import Prior

PRIORS = {
    "session": Prior(
        share=0.018,
        amounts={
            "pages": (1.4, 0.8, 0.1),
            "minutes": (1.2, 0.9, 0.25),
            "adds": (0.2, 0.4, 1.5),
            "removes": (0.05, 0.2, -0.5),
        },
    ),
    "checkout": Prior(share=0.5),
}
