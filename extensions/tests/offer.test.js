// @vitest-environment jsdom
// The cart's block: one offer, or nothing; nothing that is in view moves, and nothing is done before it is pressed.
import { createHash, webcrypto } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

const VISITOR = "7d0f6f0e-1f57-4a7c-9d55-0f5b2b1b9a01";
const UNIT = createHash("sha256").update(VISITOR).digest("hex").slice(0, 32);
const ITEM = { product_id: 11, variant_id: 21, quantity: 2, final_price: 3575 };
const CART = { currency: "GBP", total_price: 7150, total_discount: 0, attributes: { _shopmlops_unit: UNIT }, items: [ITEM] };
const asked = [];
let answers;
let sawRequest;
let agrees = false;

function page() {
  document.body.innerHTML = `<main><section hidden data-shopmlops-offer data-proxy="/apps/shopmlops/offers"
    data-code-words="You can use %code%." data-code-choice="Use %code%" data-product-words="%title%, %price%"
    data-product-choice="See %title%" data-free-shipping-words="Free from %amount%" data-free-shipping-choice="Shop"
    data-message-choice="Fine"><h2>An offer</h2><p data-words></p><a data-accept hidden></a>
    <button data-accept hidden></button><button data-decline></button><button data-opt-out></button></section></main>
    <footer>Footer</footer>`;
  return document.querySelector("section");
}

const offering = (shown) => ({ outcome: "answered", decision: "d1", ...(shown && { shown: { id: 7, ...shown }, accept: "the-pass" }) });
const block = () => document.querySelector("section");
const words = () => document.querySelector("[data-words]").textContent;
const reports = () => asked.filter(({ method }) => method === "POST").map(({ address }) => address);
const questions = () => asked.filter(({ address }) => address.startsWith("/apps/shopmlops/offers?") && address.includes("question"));
const shows = async () => {
  await window.shopmlopsOffer.start();
  expect(block().hidden).toBe(false);
};
const showsNothing = async () => {
  await window.shopmlopsOffer.start();
  expect(block().hidden).toBe(true);
};

const given = (shown, more = {}) => {
  answers = { "/fr/cart.js": CART, "/apps/shopmlops/offers?": offering(shown), ...more };
};

/** Answer an address as the test says. */
async function answer(address, options = {}) {
  asked.push({ address, method: options.method ?? "GET", signal: options.signal, body: options.body });
  const found = answers[Object.keys(answers).find((each) => address.startsWith(each))];
  return typeof found === "function" ? found(options) : new Response(JSON.stringify(found ?? {}));
}

beforeAll(async () => {
  Object.defineProperty(globalThis, "crypto", { value: webcrypto, configurable: true });
  globalThis.fetch = vi.fn((address, options) => answer(String(address), options));
  window.PerformanceObserver = class {
    constructor(hear) {
      sawRequest = (name) => hear({ getEntries: () => [{ name }] });
    }
    observe() {}
  };
  document.body.innerHTML = "";
  window.Shopify = { customerPrivacy: { analyticsProcessingAllowed: () => agrees }, routes: { root: "/fr/" } };
  await import("../theme-block/assets/shopmlops-visitor.js");
  await import("../theme-block/assets/shopmlops-offer.js");
  document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: { analyticsAllowed: true } }));
});

beforeEach(() => {
  asked.length = 0;
  agrees = true;
  localStorage.clear();
  sessionStorage.clear();
  localStorage.setItem("_shopmlops_id", VISITOR);
  page();
});

describe("what is asked", () => {
  it("is what lies in the cart, in the currency's own smallest unit, and nothing else", async () => {
    given({ kind: "code", code: "TEN" });
    await shows();
    const told = new URLSearchParams(questions()[0].address.split("?")[1]);
    expect(told.get("unit")).toBe(VISITOR);
    const line = { product: 11, variant: 21, quantity: 2, price: 3575 };
    expect(JSON.parse(told.get("question"))).toEqual({
      api: 1, analytics: true, currency: "GBP", value: 7150, has_discount: false, lines: [line],
    });
    expect(reports()).toEqual([]);
  });

  it.each([["JPY", 72, 36], ["KWD", 71500, 35750]])("has no hundredths that %s lacks", async (currency, value, price) => {
    given({ kind: "code", code: "TEN" }, { "/fr/cart.js": { ...CART, currency } });
    await shows();
    const told = JSON.parse(new URLSearchParams(questions()[0].address.split("?")[1]).get("question"));
    expect([told.value, told.lines[0].price]).toEqual([value, price]);
  });

  it("is nothing of an empty cart", async () => {
    given({ kind: "code", code: "TEN" }, { "/fr/cart.js": { ...CART, items: [] } });
    await showsNothing();
    expect(questions()).toEqual([]);
  });

  it("is asked when something comes into a cart that was empty", async () => {
    given({ kind: "code", code: "TEN" }, { "/fr/cart.js": { ...CART, items: [] } });
    await showsNothing();
    given({ kind: "code", code: "TEN" });
    sawRequest("https://shop.example/fr/cart/update.js");
    expect(questions()).toEqual([]);
    sawRequest("https://shop.example/fr/cart/add.js");
    await vi.waitFor(() => expect(block().hidden).toBe(false));
    sawRequest("https://shop.example/fr/cart/change.js");
    await window.shopmlopsOffer.start();
    expect(questions()).toHaveLength(1);
  });

  it("lets the cart carry who asked", async () => {
    given({ kind: "code", code: "TEN" }, { "/fr/cart.js": { ...CART, attributes: {} } });
    await shows();
    const carried = asked.find(({ address }) => address === "/fr/cart/update.js");
    expect(JSON.parse(carried.body)).toEqual({ attributes: { _shopmlops_unit: UNIT } });
  });
});

describe("what is shown", () => {
  it.each([
    [{ kind: "code", code: "A&B" }, "You can use A&B.", "Use A&B", "/fr/discount/A%26B?redirect=%2Ffr%2Fcart"],
    [{ kind: "free_shipping", threshold: 5000 }, "Free from £50.00", "Shop", "/fr/"],
    [{ kind: "product", product: 12, variant: 22 }, "Mug, £9.50", "See Mug", "/fr/variants/22"],
    [{ kind: "message", message: "<b>Ten</b> years" }, "<b>Ten</b> years", "Fine", null],
  ])("says %o in words", async (shown, said, choice, address) => {
    given(shown, { "/fr/variants/22.js": { name: "Mug", price: 950, available: true } });
    await shows();
    const accept = document.querySelector("[data-accept]:not([hidden])");
    expect([words(), accept.textContent, accept.getAttribute("href")]).toEqual([said, choice, address]);
    expect(document.querySelectorAll("[data-accept]:not([hidden])")).toHaveLength(1);
  });

  it.each([
    ["no offer", {}],
    ["what is no answer", { "/apps/shopmlops/offers?": () => new Response("<html>") }],
    ["a refusal of its version", { "/apps/shopmlops/offers?": () => new Response("another version", { status: 410 }) }],
    ["no way to the app", { "/apps/shopmlops/offers?": () => Promise.reject(new TypeError("Failed to fetch")) }],
    ["a cart that cannot be read", { "/fr/cart.js": () => new Response("", { status: 500 }) }],
  ])("is nothing after %s", async (_, more) => {
    given(null, more);
    await showsNothing();
  });

  it("is no product that is sold out", async () => {
    given({ kind: "product", product: 12, variant: 22 }, { "/fr/variants/22.js": { name: "Mug", price: 950, available: false } });
    await showsNothing();
  });

  it("is nothing after a second", async () => {
    vi.useFakeTimers();
    const aborted = ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("late"))));
    given(null, { "/fr/cart.js": aborted });
    window.shopmlopsOffer.start();
    await vi.advanceTimersByTimeAsync(1001);
    vi.useRealTimers();
    expect([asked[0].signal.aborted, block().hidden]).toEqual([true, true]);
  });

  it("moves nothing that is in view: it waits for the next click", async () => {
    given({ kind: "code", code: "TEN" });
    const spy = vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function () {
      const top = this.tagName === "FOOTER" && !block().hidden ? 300 : 200;
      return { top, bottom: top + 50, height: 50 };
    });
    await window.shopmlopsOffer.start();
    expect(words()).not.toBe("");
    expect(block().hidden).toBe(true);
    document.body.click();
    expect(block().hidden).toBe(false);
    spy.mockRestore();
  });
});

describe("what a visitor does", () => {
  it("accepts by a press, which the app hears of", async () => {
    given({ kind: "message", message: "Ten years of repair" });
    await shows();
    document.querySelector("button[data-accept]").click();
    expect(reports()).toEqual([`/apps/shopmlops/offers?unit=${VISITOR}&accept=the-pass`]);
    expect(block().hidden).toBe(true);
  });

  it("declines, and is not asked again about the same", async () => {
    given({ kind: "code", code: "TEN" });
    await shows();
    document.querySelector("[data-decline]").click();
    expect([block().hidden, reports()]).toEqual([true, []]);
    page();
    await showsNothing();
  });

  it("opts out, and nothing is asked any more", async () => {
    given({ kind: "code", code: "TEN" });
    await shows();
    document.querySelector("[data-opt-out]").click();
    expect(reports()).toEqual([`/apps/shopmlops/opt-out?unit=${VISITOR}`]);
    page();
    asked.length = 0;
    await showsNothing();
    expect(asked).toEqual([]);
  });

  it.each([["had no room", () => new Response("", { status: 429 })], ["was broken", () => new Response("", { status: 503 })],
    ["was not reached", () => { throw new TypeError("no network"); }]])("says again on the next page what the app %s for", async (_, refused) => {
    given({ kind: "code", code: "TEN" }, { "/apps/shopmlops/opt-out": refused });
    await shows();
    document.querySelector("[data-opt-out]").click();
    await vi.waitFor(() => expect(reports()).toHaveLength(1));
    page();
    await showsNothing();
    answers["/apps/shopmlops/opt-out"] = {};
    for (const times of [2, 2]) {
      await window.shopmlopsVisitor.tellOptOut();
      expect(reports()).toEqual(Array(times).fill(`/apps/shopmlops/opt-out?unit=${VISITOR}`));
    }
  });
});

describe("consent", () => {
  it("is waited for: nothing is kept or asked before it", async () => {
    given({ kind: "code", code: "TEN" });
    localStorage.clear();
    agrees = false;
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: { analyticsAllowed: false } }));
    expect([asked, localStorage.length, block().hidden]).toEqual([[], 0, true]);
    agrees = true;
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: { analyticsAllowed: true } }));
    await vi.waitFor(() => expect(block().hidden).toBe(false));
  });

  it("is asked for again each time: who took it back is asked nothing, until they agree anew", async () => {
    given({ kind: "code", code: "TEN" });
    localStorage.clear();
    agrees = false;
    await showsNothing();
    sawRequest("https://shop.example/fr/cart/add.js");
    expect([asked, localStorage.length, block().hidden]).toEqual([[], 0, true]);
    agrees = true;
    await shows();
  });
});
