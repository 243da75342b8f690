// Shows one offer beside a cart, or nothing: the app picks it for what lies in the cart, and nothing stands in the page
// before it is there. Without consent, script or an answer in time there is none.
(() => {
  const KEPT = '_shopmlops_id'; // as in shopmlops-block.js, and as the web pixel keeps it
  const IN_CART = '_shopmlops_unit';
  const OPTED_OUT = '_shopmlops_opted_out';
  const DECLINED = '_shopmlops_declined';
  const VERSION = 1; // of the doors, as pipelines/endpoints/checkout/told.py speaks them
  const LONGEST = 1000; // ms until nobody waits for an offer any more
  const MOST_LINES = 50;
  const EMPTY = 'empty';

  /** @param {string} id */
  const digest = async (id) => {
    const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)));
    return [...bytes.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };

  const visitor = () => {
    let id = localStorage.getItem(KEPT);
    if (!id) {
      id = crypto.randomUUID();
      localStorage.setItem(KEPT, id);
    }
    return id;
  };

  /** @param {string} address @param {Record<string, string>} told */
  const report = (address, told) => {
    const query = new URLSearchParams(told);
    fetch(`${address}?${query}`, { method: 'POST', keepalive: true }).catch(() => undefined);
  };

  const root = () => window.Shopify?.routes?.root ?? '/';

  /** @param {string} unit */
  const carry = (unit) => {
    const body = JSON.stringify({ attributes: { [IN_CART]: unit } });
    const headers = { 'Content-Type': 'application/json' };
    fetch(`${root()}cart/update.js`, { method: 'POST', headers, body, keepalive: true }).catch(() => undefined);
  };

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
      if (cart.attributes?.[IN_CART] !== (await digest(unit))) carry(await digest(unit));
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

  /** Asked each time: a visitor may take back what they agreed to. */
  const agrees = () => Boolean(window.Shopify?.customerPrivacy?.analyticsProcessingAllowed?.());

  /** @param {HTMLElement} block */
  const offer = async (block) => {
    const { proxy = '' } = block.dataset;
    if (!agrees()) {
      delete block.dataset.asked;
      return;
    }
    if (localStorage.getItem(OPTED_OUT)) return;
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
      localStorage.setItem(OPTED_OUT, '1');
      report(proxy.replace(/[^/]*$/, 'opt-out'), { unit });
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

  /** Shopify says whether the visitor agreed; where it does not say, nobody did. */
  const whenAgreed = () => {
    if (agrees()) begin();
    else
      document.addEventListener('visitorConsentCollected', (event) => {
        if (event instanceof CustomEvent && event.detail?.analyticsAllowed) begin();
      });
  };

  const ask = () => {
    if (window.Shopify?.customerPrivacy || !window.Shopify?.loadFeatures) return whenAgreed();
    window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], (error) => {
      if (!error) whenAgreed();
    });
  };

  window.shopmlopsOffer = { start };
  if (!window.Shopify?.designMode) ask(); // who arranges the page sees what Liquid says
})();
