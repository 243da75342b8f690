// Tells the app what a visitor who agreed to it does: nothing about a person, and one small request for each event.
import { cartOf, visitOf } from "./about.js";

/** Where the theme block's script keeps the visitor's first-party id, too. */
export const KEPT = "_shopmlops_id";

/** What we take, and where the product stands in it. @type {Record<string, (data: any) => any>} */
const TAKEN = {
  page_viewed: () => null,
  collection_viewed: () => null,
  search_submitted: () => null,
  cart_viewed: () => null,
  product_viewed: (data) => data?.productVariant,
  product_added_to_cart: (data) => data?.cartLine?.merchandise,
  product_removed_from_cart: (data) => data?.cartLine?.merchandise,
  checkout_started: () => null,
  checkout_completed: () => null,
};
/** How far a checkout has come: which checkout it is, and nothing of what was filled in. */
const STEPS = [
  "checkout_contact_info_submitted",
  "checkout_address_info_submitted",
  "checkout_shipping_info_submitted",
  "payment_info_submitted",
];
/** A click on a product that our block shows: theme-block/assets/shopmlops-block.js says so. */
const CLICKED = "shopmlops:block_clicked";

/**
 * Listen for as long as the page lives.
 * @param {any} api what Shopify hands to a pixel
 * @param {{ send?: typeof fetch, now?: () => Date, makeId?: () => string }} [machine]
 */
export function listen(api, machine = {}) {
  const { send = fetch, now = () => new Date(), makeId = () => crypto.randomUUID() } = machine;
  const { analytics, browser, customerPrivacy, init, settings } = api;
  const visit = visitOf(init?.context);
  const cart = cartOf(init?.data);
  let agreed = init?.customerPrivacy?.analyticsProcessingAllowed === true;
  customerPrivacy?.subscribe("visitorConsentCollected", (/** @type {any} */ event) => {
    agreed = event?.customerPrivacy?.analyticsProcessingAllowed === true;
  });

  /** @type {Promise<string> | undefined} */
  let visitor;
  async function known() {
    const kept = await browser.localStorage.getItem(KEPT);
    if (kept) return kept;
    const made = makeId();
    await browser.localStorage.setItem(KEPT, made);
    return made;
  }

  /** @param {any} event @param {Record<string, any>} about */
  async function tell(event, about) {
    if (!agreed) return;
    const unit = await (visitor ??= known());
    const told = { id: event.id, at: event.timestamp, ...about };
    const { address, shop, key } = settings;
    const body = { shop, key, unit, analytics: true, sent: now().toISOString(), events: [told] };
    // A plain text needs no question before it; what cannot be sent is not worth a shopper's second.
    await send(address, { method: "POST", body: JSON.stringify(body), keepalive: true }).catch(() => undefined);
  }

  for (const [name, where] of Object.entries(TAKEN)) {
    analytics.subscribe(name, (/** @type {any} */ event) => {
      const variant = where(event.data);
      return tell(event, { name, product: variant?.product?.id, variant: variant?.id, ...visit, ...cart.after(name, event.data) });
    });
  }
  for (const name of STEPS) {
    analytics.subscribe(name, (/** @type {any} */ event) => tell(event, { name, checkout: event.data?.checkout?.token ?? undefined }));
  }
  analytics.subscribe(CLICKED, (/** @type {any} */ event) => {
    const { use_case, product, place } = event.customData ?? {};
    return tell(event, { name: "block_clicked", use_case, product, place });
  });
}
