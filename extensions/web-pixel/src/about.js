// What is told with an event: the kind of device and of road that led here, and the size of the cart. No address leaves.

const ADS = /^(cpc|ppc|paid.*|display|ads?)$/;
const SEARCH = /(^|\.)(google|bing|duckduckgo|ecosia|yahoo|baidu|yandex|startpage)\./;
const SOCIAL = /(^|\.)(facebook|instagram|tiktok|pinterest|youtube|reddit|linkedin|twitter|x|t)\.(com|co)$/;

/**
 * Say by which kind of device and over which kind of road a page was reached; on the way through the shop, no road.
 * @param {any} context
 * @returns {{ device?: string, source?: string }}
 */
export function visitOf(context) {
  if (!context) return {};
  const { document: page, navigator } = context;
  return { device: deviceOf(navigator?.userAgent), source: sourceOf(page?.referrer ?? "", page?.location) };
}

/** @param {unknown} agent */
function deviceOf(agent) {
  if (typeof agent !== "string" || !agent) return undefined;
  if (/iPad|Tablet|Android(?!.*Mobile)/.test(agent)) return "tablet";
  return /Mobi|iPhone/.test(agent) ? "phone" : "desktop";
}

/** @param {string} referrer @param {any} here */
function sourceOf(referrer, here) {
  const asked = new URLSearchParams(here?.search ?? "");
  const medium = (asked.get("utm_medium") ?? "").toLowerCase();
  if (ADS.test(medium) || asked.has("gclid") || asked.has("msclkid")) return "ads";
  if (medium === "email" || medium === "newsletter") return "email";
  if (medium === "social") return "social";
  const host = /^https?:\/\/([^/:?#]+)/.exec(referrer)?.[1]?.toLowerCase();
  if (!host) return "direct";
  if (host === here?.hostname) return undefined;
  if (SEARCH.test(host)) return "search";
  return SOCIAL.test(host) ? "social" : "other";
}

/**
 * Follow the cart from what it held when the page came; what is not known stays out.
 * @param {any} data of `init`
 */
export function cartOf(data) {
  let held = data && "cart" in data ? ofCart(data.cart) : {};
  return {
    /** @param {string} name @param {any} told @returns {Record<string, any>} */
    after(name, told) {
      if (name === "cart_viewed") held = ofCart(told?.cart);
      if (name === "product_added_to_cart") held = changed(held, told?.cartLine, 1);
      if (name === "product_removed_from_cart") held = changed(held, told?.cartLine, -1);
      return told?.checkout ? ofCheckout(told.checkout) : held;
    },
  };
}

/** @param {any} cart @returns {Record<string, any>} */
function ofCart(cart) {
  if (!cart) return { lines: 0, units: 0 };
  const money = cart.cost?.totalAmount;
  return { value: money?.amount, currency: money?.currencyCode, lines: cart.lines?.length, units: cart.totalQuantity };
}

/** @param {Record<string, any>} held @param {any} line @param {number} way 1 in, -1 out */
function changed(held, line, way) {
  const money = line?.cost?.totalAmount;
  if (held.units === undefined || !money) return {};
  /** @param {number | undefined} before @param {number} by */
  const less = (before, by) => Math.max(0, (before ?? 0) + way * by);
  const [value, units] = [less(held.value, money.amount), less(held.units, line.quantity)];
  return { value: Math.round(100 * value) / 100, currency: money.currencyCode, lines: less(held.lines, 1), units };
}

/** @param {any} checkout @returns {Record<string, any>} */
function ofCheckout(checkout) {
  const items = checkout.lineItems;
  return {
    value: checkout.subtotalPrice?.amount,
    currency: checkout.currencyCode,
    lines: items?.length,
    units: items?.reduce((/** @type {number} */ sum, /** @type {any} */ item) => sum + (item.quantity ?? 0), 0),
    discount: checkout.discountApplications && checkout.discountApplications.length > 0,
    checkout: checkout.token ?? undefined,
  };
}
