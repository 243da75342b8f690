// What the app's blocks share: who a visitor is, whether they agreed, what the app is told, and that they opted out.
(() => {
  const KEPT = '_shopmlops_id'; // where the web pixel keeps the visitor's first-party id, too
  const IN_CART = '_shopmlops_unit';
  const OPTED_OUT = '_shopmlops_opted_out'; // where the app must still be told, else that it was
  const TOLD = '1';

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

  const root = () => window.Shopify?.routes?.root ?? '/';

  /** @param {string} address @param {Record<string, string>} told */
  const report = (address, told) => {
    const query = new URLSearchParams(told);
    fetch(`${address}?${query}`, { method: 'POST', keepalive: true }).catch(() => undefined);
  };

  /** @param {string} unit */
  const carry = (unit) => {
    const body = JSON.stringify({ attributes: { [IN_CART]: unit } });
    const headers = { 'Content-Type': 'application/json' };
    fetch(`${root()}cart/update.js`, { method: 'POST', headers, body, keepalive: true }).catch(() => undefined);
  };

  /** Whether a cart of Shopify's cart.js carries this unit already. @param {any} cart @param {string} unit */
  const isCarried = (cart, unit) => cart.attributes?.[IN_CART] === unit;

  const isOptedOut = () => localStorage.getItem(OPTED_OUT) !== null;

  /** Tells the app of an opt-out that it does not know yet; one that it had no room for is told again on the next page. */
  const tellOptOut = async () => {
    const address = localStorage.getItem(OPTED_OUT);
    if (!address || address === TOLD) return;
    const answer = await fetch(address, { method: 'POST', keepalive: true }).catch(() => undefined);
    if (answer && answer.status !== 429 && answer.status < 500) localStorage.setItem(OPTED_OUT, TOLD);
  };

  /** @param {string} address of the app's door */
  const optOut = (address) => {
    localStorage.setItem(OPTED_OUT, `${address}?${new URLSearchParams({ unit: visitor() })}`);
    return tellOptOut();
  };

  /** Asked each time: a visitor may take back what they agreed to. */
  const agrees = () => Boolean(window.Shopify?.customerPrivacy?.analyticsProcessingAllowed?.());

  /**
   * Shopify says whether the visitor agreed; where it does not say, nobody did.
   * @param {() => void} begin
   */
  const whenAgreed = (begin) => {
    const ask = () => {
      if (agrees()) begin();
      else
        document.addEventListener('visitorConsentCollected', (event) => {
          if (event instanceof CustomEvent && event.detail?.analyticsAllowed) begin();
        });
    };
    if (window.Shopify?.customerPrivacy || !window.Shopify?.loadFeatures) return ask();
    window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], (error) => {
      if (!error) ask();
    });
  };

  window.shopmlopsVisitor = {
    agrees, carry, digest, isCarried, isOptedOut, optOut, report, root, tellOptOut, visitor, whenAgreed,
  };
  if (!window.Shopify?.designMode) tellOptOut();
})();
