// @vitest-environment jsdom
// The checkout extension in Shopify's own tester: what it asks, what it draws, and that it draws nothing otherwise.
import { readFileSync } from "node:fs";
import path from "node:path";
import { getExtension } from "@shopify/ui-extensions-tester";
import { createCartLine, createStorage } from "@shopify/ui-extensions-tester/checkout";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const CHECKOUT = "purchase.checkout.block.render";
const THANK_YOU = "purchase.thank-you.block.render";
const ORDER_STATUS = "customer-account.order-status.block.render";
const FOLDER = path.resolve(import.meta.dirname, "../checkout-offer");
const UNIT = "0123456789abcdef0123456789abcdef";
const CODE = { id: 7, kind: "code", code: "TEN" };
const TAKEN_OFF = { type: "automatic", title: "Ten off", discountedAmount: { amount: 7.15, currencyCode: "GBP" } };
const reply = (shown) => ({ answer: { offer: shown.id }, outcome: "answered", decision: "d1", shown, accept: "the-pass" });

process.env.APP_URL = "https://app.example.com";
/** @type {any} */
let extension;
let answer;
let asked;
let language;

/** Sit down before a page of Shopify's whose extension asks an app that answers as the test says. */
function at(target, { consent = true, unit = UNIT, kept = {}, editor } = {}) {
  extension = getExtension(target, { configSearchDir: FOLDER });
  extension.setUp();
  const { shopify } = extension;
  const money = { amount: 71.5, currencyCode: "GBP" };
  shopify.extension = { ...shopify.extension, editor };
  shopify.customerPrivacy.value = { ...shopify.customerPrivacy.value, allowedProcessing: { analytics: consent } };
  shopify.attributes.value = unit ? [{ key: "_shopmlops_unit", value: unit }] : [];
  shopify.cost.subtotalAmount.value = money;
  shopify.checkoutToken.value = "c0ffee";
  shopify.discountCodes.value = [];
  shopify.discountAllocations.value = [];
  if (target !== ORDER_STATUS) shopify.deliveryGroups.value = [];
  shopify.shop.storefrontUrl = "https://shop.example";
  shopify.storage = createStorage(kept);
  shopify.sessionToken.get = vi.fn(async () => "signed-by-shopify");
  shopify.lines.value = [
    createCartLine({
      quantity: 2,
      cost: { totalAmount: money },
      merchandise: { id: "gid://shopify/ProductVariant/21", product: { id: "gid://shopify/Product/11" } },
    }),
  ];
  const words = JSON.parse(readFileSync(path.join(FOLDER, "locales", `${language}.json`), "utf8"));
  shopify.i18n.translate = (key, values = {}) => words[key].replace(/{{(\w+)}}/g, (_, name) => values[name]);
  shopify.i18n.formatCurrency = (amount, { currency }) => `${amount.toFixed(2)} ${currency}`;
  extension.fetch = vi.fn(async (address, options) => {
    asked.push({ path: new URL(address).pathname, told: JSON.parse(options.body), headers: options.headers, options });
    return answer();
  });
  return shopify;
}

const answered = (body) => () => new Response(JSON.stringify(body));
const text = () => document.body.textContent;
const button = (words) => [...document.querySelectorAll("s-button, s-link")].find((each) => each.textContent === words);
const press = (words) => button(words).dispatchEvent(new Event("click"));
const told = (where) => asked.filter((each) => each.path === `/checkout/${where}`);

beforeEach(() => {
  asked = [];
  answer = answered(reply(CODE));
  language = "en.default";
});

afterEach(() => {
  vi.useRealTimers();
  extension.tearDown();
});

describe.each([CHECKOUT, THANK_YOU, ORDER_STATUS])("%s", (target) => {
  it("asks with Shopify's word on the shop what this checkout is offered", async () => {
    at(target);
    await extension.render();
    const [{ path: where, told: body, headers }] = asked;
    expect([where, headers.Authorization]).toEqual(["/checkout/offers", "Bearer signed-by-shopify"]);
    expect(body).toMatchObject({ api: 1, unit: UNIT, analytics: true, currency: "GBP", value: 7150, checkout: "c0ffee" });
    expect(body.lines).toEqual([{ product: 11, variant: 21, quantity: 2, price: 3575 }]);
    expect(body.has_discount).toBe(false);
    expect(text()).toContain("TEN");
  });

  it.each([
    ["no offer", () => answered({ answer: { offer: 0 }, outcome: "answered", decision: "d1" })],
    ["a refusal of its version", () => () => new Response("made for another version of the app", { status: 410 })],
    ["an app that cannot answer", () => () => new Response("", { status: 503 })],
    ["what is no answer", () => () => new Response("<html>")],
    ["no way to the app", () => () => Promise.reject(new TypeError("Failed to fetch"))],
  ])("draws nothing after %s", async (_, made) => {
    answer = made();
    at(target);
    await extension.render();
    expect(document.body.innerHTML).toBe("");
  });

  it("draws nothing, and waits for nothing, after a second", async () => {
    vi.useFakeTimers();
    answer = () => new Promise(() => undefined);
    at(target);
    const rendered = extension.render();
    await vi.advanceTimersByTimeAsync(1001);
    await rendered;
    expect(document.body.innerHTML).toBe("");
    expect(asked[0].options.signal.aborted).toBe(true);
  });

  it("asks nothing about somebody who did not agree", async () => {
    at(target, { consent: false });
    await extension.render();
    expect([asked, document.body.innerHTML]).toEqual([[], ""]);
  });

  it("asks nothing about somebody who opted out, and tells the app so once", async () => {
    const shopify = at(target);
    await extension.render();
    press("Do not use my visit for offers");
    await vi.waitFor(() => expect(told("opt-out")).toHaveLength(1));
    expect(told("opt-out")[0].told).toEqual({ api: 1, unit: UNIT });
    await vi.waitFor(() => expect(text()).toBe(""));
    expect(await shopify.storage.read("opted-out")).toBe(true);
    extension.tearDown();
    asked = [];
    at(target, { kept: { "opted-out": true } });
    await extension.render();
    expect([asked, document.body.innerHTML]).toEqual([[], ""]);
  });

  it.each([429, 503])("says an opt-out again that was answered %i, when something is asked next", async (status) => {
    const shopify = at(target);
    await extension.render();
    answer = () => new Response("", { status });
    press("Do not use my visit for offers");
    await vi.waitFor(() => expect(told("opt-out")).toHaveLength(1));
    extension.tearDown();
    const kept = { "opted-out": await shopify.storage.read("opted-out") };
    answer = answered({});
    const again = at(target, { kept });
    await extension.render();
    expect([told("opt-out").length, document.body.innerHTML]).toEqual([2, ""]);
    expect(await again.storage.read("opted-out")).toBe(true);
  });

  it("tells no more lines than the app reads", async () => {
    const shopify = at(target);
    shopify.lines.value = Array.from({ length: 130 }, () => shopify.lines.value[0]);
    await extension.render();
    expect(asked[0].told.lines).toHaveLength(100);
  });

  it("goes when it is not wanted, and does not come again", async () => {
    const shopify = at(target);
    await extension.render();
    press("No thanks");
    await vi.waitFor(() => expect(document.body.innerHTML).toBe(""));
    expect([await shopify.storage.read("declined"), told("accepted")]).toEqual(["d1", []]);
    extension.tearDown();
    at(target, { kept: { declined: "d1" } });
    await extension.render();
    expect(document.body.innerHTML).toBe("");
  });

  it("offers a product by its name, price and address", async () => {
    answer = answered(reply({ id: 8, kind: "product", product: 12 }));
    const shopify = at(target);
    const minVariantPrice = { amount: "9.5", currencyCode: "GBP" };
    const product = { title: "Mug", onlineStoreUrl: "https://shop.example/products/mug", priceRange: { minVariantPrice } };
    shopify.query = vi.fn(async () => ({ data: { product } }));
    await extension.render();
    expect(shopify.query.mock.calls[0][1]).toEqual({ variables: { id: "gid://shopify/Product/12" } });
    expect(text()).toContain("Mug, from 9.50 GBP");
    expect(button("See Mug").getAttribute("href")).toBe("https://shop.example/products/mug");
    press("See Mug");
    await vi.waitFor(() => expect(told("accepted")).toHaveLength(1));
  });

  it("offers no product that cannot be seen", async () => {
    answer = answered(reply({ id: 8, kind: "product", product: 12 }));
    at(target).query = async () => ({ data: { product: null } });
    await extension.render();
    expect(document.body.innerHTML).toBe("");
  });

  it("says the merchant's own words, as words", async () => {
    answer = answered(reply({ id: 9, kind: "message", message: "<b>Two</b> years of repair" }));
    at(target);
    await extension.render();
    expect(document.querySelector("s-paragraph").textContent).toBe("<b>Two</b> years of repair");
    press("Good to know");
    await vi.waitFor(() => expect(text()).toContain("Thank you."));
    expect(told("accepted")[0].told).toEqual({ api: 1, accept: "the-pass" });
  });

  it("names the value from which nothing is paid for shipping", async () => {
    answer = answered(reply({ id: 9, kind: "free_shipping", threshold: 5000 }));
    at(target);
    await extension.render();
    expect(text()).toContain("Orders of 50.00 GBP or more are shipped free of charge.");
    expect(button("Back to the shop").getAttribute("href")).toBe("https://shop.example");
  });

  it("shows who arranges the page where it stands, and asks nothing", async () => {
    at(target, { editor: { type: "checkout" } });
    await extension.render();
    expect([text(), asked]).toEqual(["Here shoppers see one of your offers, or nothing.", []]);
  });

  it("remembers who asks where the cart does not say", async () => {
    const shopify = at(target, { unit: "" });
    await extension.render();
    expect(asked[0].told.unit).toMatch(/^[0-9a-f]{32}$/);
    expect(await shopify.storage.read("unit")).toBe(asked[0].told.unit);
  });
});

describe("a code in the checkout", () => {
  it("is used after a click and not before, and then told as accepted", async () => {
    const shopify = at(CHECKOUT);
    shopify.applyDiscountCodeChange = vi.fn(async () => ({ type: "success" }));
    await extension.render();
    expect([text().includes("You can use the code TEN for this order."), told("accepted")]).toEqual([true, []]);
    expect(shopify.applyDiscountCodeChange).not.toHaveBeenCalled();
    press("Use TEN");
    await vi.waitFor(() => expect(text()).toContain("TEN is now part of your order."));
    expect(shopify.applyDiscountCodeChange).toHaveBeenCalledWith({ type: "addDiscountCode", code: "TEN" });
    expect(told("accepted")[0].told).toEqual({ api: 1, accept: "the-pass" });
    expect(told("accepted")[0].headers.Authorization).toBe("Bearer signed-by-shopify");
    expect(document.querySelector("s-stack[accessibilityRole='status'], s-stack[accessibilityrole='status']")).not.toBeNull();
  });

  it("that Shopify refuses is not accepted", async () => {
    const shopify = at(CHECKOUT);
    shopify.applyDiscountCodeChange = async () => ({ type: "error", message: "no" });
    await extension.render();
    press("Use TEN");
    await vi.waitFor(() => expect(text()).toContain("TEN cannot be used for this order."));
    expect(told("accepted")).toEqual([]);
  });

  it("that is in use already is not offered", async () => {
    at(CHECKOUT).discountCodes.value = [{ code: "ten" }];
    await extension.render();
    expect(document.body.innerHTML).toBe("");
  });

  it("is for the next order where this checkout cannot take one", async () => {
    const shopify = at(CHECKOUT);
    shopify.instructions.value = { ...shopify.instructions.value, discounts: { canUpdateDiscountCodes: false } };
    await extension.render();
    expect(text()).toContain("You can use the code TEN for your next order.");
    expect(button("Copy TEN")).toBeDefined();
  });
});

describe("a code after the checkout", () => {
  it.each([THANK_YOU, ORDER_STATUS])("is there to be copied (%s)", async (target) => {
    at(target);
    await extension.render();
    expect(text()).toContain("You can use the code TEN for your next order.");
    expect(document.querySelector("s-clipboard-item").getAttribute("text")).toBe("TEN");
    press("Copy TEN");
    await vi.waitFor(() => expect(told("accepted")).toHaveLength(1));
  });

  it("is asked for with whether this was somebody's first order", async () => {
    at(THANK_YOU).orderConfirmation.value = { order: { id: "gid://shopify/OrderIdentity/1" }, isFirstOrder: false };
    await extension.render();
    expect(asked[0].told.is_returning).toBe(true);
  });
});

describe("words", () => {
  const words = (name) => JSON.parse(readFileSync(path.join(FOLDER, "locales", `${name}.json`), "utf8"));
  const slots = (sentence) => [...sentence.matchAll(/{{\w+}}/g)].map(([slot]) => slot).sort();

  it.each(["de", "fr", "es", "ja"])("are the same in %s as in English, with the same slots", (name) => {
    const [own, english] = [words(name), words("en.default")];
    expect(Object.keys(own)).toEqual(Object.keys(english));
    for (const key of Object.keys(english)) expect([key, slots(own[key])]).toEqual([key, slots(english[key])]);
  });

  it.each(["de", "fr", "es", "ja"])("fill the block in %s", async (name) => {
    language = name;
    at(CHECKOUT);
    await extension.render();
    expect(text()).toContain(words(name).no_thanks);
    expect(document.querySelector("s-section").getAttribute("heading")).toBe(words(name).heading);
  });

  it.each(["en.default", "de", "fr", "es", "ja"])("press nobody in %s", (name) => {
    const pressing = /hurry|only|last chance|miss out|now or|expires|schnell|nur noch|verpass|vite|dernière|manquez|prisa|última|pierdas|今すぐ|お急ぎ|残り/i;
    expect(Object.values(words(name)).filter((sentence) => pressing.test(sentence))).toEqual([]);
  });
});

it.each([
  ["nothing", [], { has_address: false, has_shipping: false }],
  ["an address", [{ id: "1" }], { has_address: true, has_shipping: false }],
  ["a delivery", [{ id: "1", selectedDeliveryOption: { handle: "post" } }], { has_address: true, has_shipping: true }],
])("tells a checkout in which a shopper gave %s", async (_, groups, reached) => {
  const shopify = at(CHECKOUT);
  shopify.deliveryGroups.value = groups;
  await extension.render();
  expect(told("offers")[0].told).toMatchObject(reached);
});

it.each([
  ["nothing", () => undefined, false],
  ["a code", (api) => (api.discountCodes.value = [{ code: "TEN" }]), true],
  ["something off the cart", (api) => (api.discountAllocations.value = [TAKEN_OFF]), true],
  ["something off a line", (api) => (api.lines.value = [{ ...api.lines.value[0], discountAllocations: [TAKEN_OFF] }]), true],
])("tells a checkout with %s of a discount", async (_, give, has_discount) => {
  give(at(CHECKOUT));
  await extension.render();
  expect(told("offers")[0].told).toMatchObject({ has_discount });
});
