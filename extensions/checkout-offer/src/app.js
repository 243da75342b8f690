// Asks the app, tells it what a shopper chose, and waits for neither longer than a shopper would notice.
import { agrees, checkoutOf, unitOf } from "./told.js";
/** @typedef {import("./types").Api} Api @typedef {import("./types").Offer} Offer @typedef {import("./types").Product} Product */

export const VERSION = 1; // of the doors, as pipelines/endpoints/checkout/told.py speaks them; another is answered 410
const LONGEST = 1000; // ms, from the first question to what is shown
const OPTED_OUT = "opted-out";
const DUE = "due"; // the app does not know of it yet
const DECLINED = "declined";
const PRODUCT = `query Offered($id: ID!) {
  product(id: $id) { title onlineStoreUrl priceRange { minVariantPrice { amount currencyCode } } }
}`;

/**
 * Return the offer for this checkout; nothing where there is none, it comes late, or something is missing.
 * @param {Api} api
 * @returns {Promise<Offer | null>}
 */
export async function offerFor(api) {
  if (!agrees(api)) return null;
  const ended = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<null>} */
  const late = new Promise((resolve) => {
    timer = setTimeout(() => (ended.abort(), resolve(null)), LONGEST);
  });
  const asked = ask(api, ended.signal).catch(() => null);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/**
 * @param {Api} api @param {AbortSignal} signal
 * @returns {Promise<Offer | null>}
 */
async function ask(api, signal) {
  const optedOut = await api.storage.read(OPTED_OUT);
  if (optedOut === DUE) await tellOptOut(api);
  if (optedOut) return null;
  const told = { unit: await unitOf(api), analytics: true, ...checkoutOf(api) };
  const answer = await post(api, "offers", told, { signal });
  const { shown, decision, accept } = answer.ok ? await answer.json() : {};
  if (!shown || !accept || (await api.storage.read(DECLINED)) === decision) return null;
  if (isApplied(api, shown.code)) return null;
  const product = shown.product ? await productOf(api, shown.product) : undefined;
  if (shown.kind === "product" && !product?.onlineStoreUrl) return null;
  return { shown, decision, accept, product };
}

/** @param {Api} api @param {string | undefined} code */
const isApplied = (api, code) =>
  code !== undefined && api.discountCodes.value.some((held) => held.code.toLowerCase() === code.toLowerCase());

/**
 * @param {Api} api @param {number} product
 * @returns {Promise<Product | undefined>}
 */
async function productOf(api, product) {
  const variables = { id: `gid://shopify/Product/${product}` };
  /** @type {{ data?: { product?: Product } }} */
  const { data } = await api.query(PRODUCT, { variables });
  return data?.product;
}

/** @param {Api} api @param {string} accept the pass that came with the offer */
export const tellAccepted = (api, accept) => post(api, "accepted", { accept }, { keepalive: true }).catch(() => undefined);

/** @param {Api} api @param {string} decision */
export const decline = (api, decision) => api.storage.write(DECLINED, decision);

/**
 * Have no more offers chosen for whoever sits here: the app is told, and this browser asks no more.
 * @param {Api} api
 */
export async function optOut(api) {
  await api.storage.write(OPTED_OUT, DUE);
  await tellOptOut(api);
}

/**
 * Tell the app of an opt-out; one that it had no room for is told again when something is asked next.
 * @param {Api} api
 */
async function tellOptOut(api) {
  const answer = await post(api, "opt-out", { unit: await unitOf(api) }, { keepalive: true }).catch(() => undefined);
  if (answer && answer.status !== 429 && answer.status < 500) await api.storage.write(OPTED_OUT, true);
}

/** @param {Api} api @param {string} path @param {Record<string, unknown>} told @param {RequestInit} more */
async function post(api, path, told, more) {
  const token = await api.sessionToken.get();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ api: VERSION, ...told });
  return fetch(`${process.env.APP_URL}/checkout/${path}`, { method: "POST", headers, body, ...more });
}
