// Shows one offer beside a cart, or nothing: the app picks it for what lies in the cart, and nothing stands in the page
// before it is there. Without consent, script or an answer in time there is none.
(() => {
  const { agrees, carry, digest, isCarried, isOptedOut, optOut, report, root, visitor, whenAgreed } = window.shopmlopsVisitor;
  const DECLINED = '_shopmlops_declined';
  const VERSION = 1; // of the doors, as pipelines/endpoints/checkout/told.py speaks them
  const LONGEST = 1000; // ms until nobody waits for an offer any more
  const MOST_LINES = 50;
  const EMPTY = 'empty';

  /** @param {string} currency */
  const format = (currency) => new Intl.NumberFormat(document.documentElement.lang || 'en', { style: 'currency', currency });

  /**
   * Liquid and its scripts write every amount in hundredths, also of currencies that have none.
   * @param {number} hundredths @param {string} currency
   */
  const minor = (hundredths, currency) =>
    Math.round((hundredths / 100) * 10 ** (format(currency).resolvedOptions().maximumFractionDigits ?? 2));

  /** @param {string} address @param {AbortSignal} signal */
  const read = async (address, signal) => {
    const answer = await fetch(address, { signal, headers: { Accept: 'application/json' } });
    return answer.ok ? answer.json() : {};
  };

  /**
   * What lies in the cart, as pipelines/endpoints/checkout/told.py reads it.
   * @param {any} cart of Shopify's cart.js
   */
  const questionOf = ({ currency, total_price, total_discount, items }) => ({
    api: VERSION,
    analytics: true,
    currency,
    value: minor(total_price, currency),
    has_discount: total_discount > 0,
    lines: items.slice(0, MOST_LINES).map((/** @type {any} */ item) => ({
      product: item.product_id,
      variant: item.variant_id,
      quantity: item.quantity,
      price: minor(item.final_price, currency),
    })),
  });

  /**
   * The offer for this cart with all that showing it needs; nothing where there is none, or it comes late; or that
   * nothing lies in the cart.
   * @param {string} proxy @param {string} unit
   */
  const offerFor = async (proxy, unit) => {
    const ended = new AbortController();
    const timer = setTimeout(() => ended.abort(), LONGEST);
    try {
      const cart = await read(`${root()}cart.js`, ended.signal);
      if (!cart.items?.length) return EMPTY;
      const carried = await digest(unit);
      if (!isCarried(cart, carried)) carry(carried);
      const asked = new URLSearchParams({ unit, question: JSON.stringify(questionOf(cart)) });
      const { shown, accept, decision } = await read(`${proxy}?${asked}`, ended.signal);
      if (!shown || !accept || sessionStorage.getItem(DECLINED) === decision) return null;
      if (shown.kind !== 'product') return { shown, accept, decision, currency: cart.currency };
      const variant = await read(`${root()}variants/${shown.variant}.js`, ended.signal);
      return variant.available ? { shown, accept, decision, currency: cart.currency, variant } : null;
    } finally {
      clearTimeout(timer);
    }
  };

  /**
   * What the block says of an offer, and where its button leads.
   * @param {HTMLElement} block @param {any} offer
   */
  const wordsOf = (block, { shown, currency, variant }) => {
    const digits = format(currency).resolvedOptions().maximumFractionDigits ?? 2;
    const amount = shown.threshold ? format(currency).format(shown.threshold / 10 ** digits) : '';
    const price = variant ? format(currency).format(variant.price / 100) : '';
    const values = { code: shown.code ?? '', amount, price, title: variant?.name ?? '' };
    /** @param {string} key */
    const say = (key) => (block.dataset[key] ?? '').replace(/%(\w+)%/g, (_, name) => values[/** @type {'code'} */ (name)] ?? '');
    const kind = shown.code ? 'code' : shown.kind === 'free_shipping' ? 'freeShipping' : shown.kind;
    const using = `${root()}discount/${encodeURIComponent(values.code)}?redirect=${encodeURIComponent(`${root()}cart`)}`;
    /** @type {Record<string, string>} */
    const addresses = { code: using, product: `${root()}variants/${shown.variant}`, freeShipping: root() };
    return { words: shown.message || say(`${kind}Words`), choice: say(`${kind}Choice`), address: addresses[kind] };
  };

  /**
   * Shows a block where nothing that is in view moves by it: else with the next key or click, which may move things.
   * @param {HTMLElement} block
   */
  const uncover = (block) => {
    const later = [];
    for (let at = /** @type {Element | null} */ (block); at && at !== document.body; at = at.parentElement)
      for (let next = at.nextElementSibling; next; next = next.nextElementSibling) later.push(next);
    const inView = later.filter((each) => {
      const { top, bottom, height } = each.getBoundingClientRect();
      return height > 0 && top < window.innerHeight && bottom > 0;
    });
    const before = inView.map((each) => each.getBoundingClientRect().top);
    block.hidden = false;
    if (inView.every((each, place) => each.getBoundingClientRect().top === before[place])) return;
    block.hidden = true;
    const shows = () => {
      removeEventListener('click', shows);
      removeEventListener('keyup', shows);
      block.hidden = false;
    };
    addEventListener('click', shows);
    addEventListener('keyup', shows);
  };

  /** @param {HTMLElement} block */
  const offer = async (block) => {
    const { proxy = '' } = block.dataset;
    if (!agrees()) {
      delete block.dataset.asked;
      return;
    }
    if (isOptedOut()) return;
    const unit = visitor();
    const found = await offerFor(proxy, unit);
    if (found === EMPTY) delete block.dataset.asked;
    if (!found || found === EMPTY) return;
    const { words, choice, address } = wordsOf(block, found);
    const accept = block.querySelector(address ? 'a[data-accept]' : 'button[data-accept]');
    const said = block.querySelector('[data-words]');
    if (!(accept instanceof HTMLElement) || !said || !words) return;
    if (address) accept.setAttribute('href', address);
    accept.textContent = choice;
    accept.hidden = false;
    said.textContent = words;
    const gone = () => {
      block.hidden = true;
    };
    accept.addEventListener('click', () => {
      report(proxy, { unit, accept: found.accept });
      if (!address) gone();
    });
    block.querySelector('[data-decline]')?.addEventListener('click', () => {
      sessionStorage.setItem(DECLINED, found.decision);
      gone();
    });
    block.querySelector('[data-opt-out]')?.addEventListener('click', () => {
      optOut(proxy.replace(/[^/]*$/, 'opt-out'));
      gone();
    });
    uncover(block);
  };

  const start = async () => {
    const under = [...document.querySelectorAll('[data-shopmlops-offer]:not([data-asked])')].map(async (block) => {
      if (!(block instanceof HTMLElement)) return;
      block.dataset.asked = '';
      await offer(block).catch(() => undefined);
    });
    await Promise.all(under);
  };

  /** A drawer fills without a new page: what was not asked of its cart, or was drawn anew, is asked then. */
  const watch = () => {
    if (!window.PerformanceObserver) return;
    new PerformanceObserver((seen) => {
      if (seen.getEntries().some(({ name }) => /\/cart\/(add|change)\b/.test(name))) start();
    }).observe({ type: 'resource' });
  };

  const begin = () => {
    start();
    watch();
  };

  window.shopmlopsOffer = { start };
  if (!window.Shopify?.designMode) whenAgreed(begin); // who arranges the page sees what Liquid says
})();
