// Stands in for what Shopify gives a checkout extension: the global `shopify`, and its web components as plain elements.
(() => {
  const facts = JSON.parse(document.getElementById('facts').textContent);
  const waiting = new Map();
  let asked = 0;
  const ask = (what, ...parts) =>
    new Promise((resolve) => {
      waiting.set(++asked, resolve);
      parent.postMessage({ kind: 'ask', what, parts, number: asked }, '*');
    });
  window.addEventListener('message', ({ source, data }) => {
    if (source !== parent || data.kind !== 'answer') return;
    waiting.get(data.number)?.(data.value);
    waiting.delete(data.number);
  });

  const signal = (value) => ({ value, subscribe: () => () => undefined });
  const translate = (key, values = {}) => {
    const words = facts.words[key];
    return words === undefined ? key : words.replace(/{{\s*(\w+)\s*}}/g, (_, name) => String(values[name] ?? ''));
  };
  const isCheckout = facts.target === 'purchase.checkout.block.render';
  const shopify = {
    extension: { target: facts.target, apiVersion: facts.apiVersion },
    version: facts.apiVersion,
    shop: { ...facts.shop, storefrontUrl: new URL(facts.shop.root, location.href).href },
    sessionToken: { get: () => ask('token') },
    storage: {
      read: (key) => ask('read', key),
      write: (key, value) => ask('write', key, value),
      delete: (key) => ask('delete', key),
    },
    settings: signal({}),
    checkoutToken: signal(facts.checkoutToken),
    cost: { subtotalAmount: signal(facts.subtotal), totalAmount: signal(facts.subtotal) },
    lines: signal(facts.lines),
    attributes: signal(facts.attributes),
    discountCodes: signal(facts.discountCodes),
    discountAllocations: signal(facts.discountAllocations),
    deliveryGroups: signal(facts.deliveryGroups),
    customerPrivacy: signal({ allowedProcessing: { analytics: false } }),
    i18n: {
      translate,
      formatCurrency: (amount, { currency }) => new Intl.NumberFormat(facts.locale, { style: 'currency', currency }).format(amount),
    },
    // Of the Storefront API only what is told of one product.
    query: (_, { variables }) => ask('product', String(variables.id).split('/').pop()),
  };
  if (isCheckout) {
    shopify.instructions = signal({ discounts: { canUpdateDiscountCodes: true } });
    shopify.applyDiscountCodeChange = ({ code }) => ask('discount', facts.checkout, code);
  }
  if (facts.target === 'purchase.thank-you.block.render') {
    shopify.orderConfirmation = signal({ order: { id: facts.order }, isFirstOrder: true });
  }
  window.shopify = shopify;

  /** Draw a component by the elements that its attributes ask for. */
  const draw = (name, make) =>
    customElements.define(
      name,
      class extends HTMLElement {
        static observedAttributes = ['heading', 'href', 'accessibilityrole', 'direction'];

        connectedCallback() {
          this.draw();
        }

        attributeChangedCallback() {
          if (this.isConnected) this.draw();
        }

        draw() {
          const root = this.shadowRoot ?? this.attachShadow({ mode: 'open', delegatesFocus: true });
          const look = document.createElement('link');
          Object.assign(look, { rel: 'stylesheet', href: '/cdn/checkout-ui.css' });
          root.replaceChildren(look, ...make(this));
        }
      },
    );
  const made = (tag, className, ...inside) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...inside);
    return element;
  };
  const slot = () => document.createElement('slot');
  const pressed = (element, inner) => {
    inner.addEventListener('click', (event) => {
      const address = element.getAttribute('href');
      if (address) {
        event.preventDefault();
        ask('open', address);
      }
      if (element.getAttribute('command') === '--copy') {
        ask('copy', document.getElementById(element.getAttribute('commandfor'))?.getAttribute('text') ?? '');
      }
    });
    const address = element.getAttribute('href');
    if (address) inner.setAttribute('href', address);
    return [inner];
  };
  draw('s-section', (element) => [made('section', '', made('h2', '', element.getAttribute('heading') ?? ''), slot())]);
  draw('s-stack', (element) => {
    const role = element.getAttribute('accessibilityrole');
    if (role) element.setAttribute('role', role);
    return [made('div', `stack ${element.getAttribute('direction') ?? 'block'}`, slot())];
  });
  draw('s-paragraph', () => [made('p', '', slot())]);
  draw('s-text', () => [made('span', '', slot())]);
  draw('s-button', (element) => pressed(element, made(element.getAttribute('href') ? 'a' : 'button', 'button', slot())));
  draw('s-link', (element) => pressed(element, made(element.getAttribute('href') ? 'a' : 'button', 'link', slot())));
  draw('s-clipboard-item', () => []);

  const tell = () => {
    const isEmpty = ![...document.body.children].some((child) => child.tagName.startsWith('S-'));
    parent.postMessage({ kind: 'height', height: isEmpty ? 0 : document.documentElement.scrollHeight }, '*');
  };
  window.addEventListener('load', async () => {
    shopify.customerPrivacy = signal({ allowedProcessing: { analytics: await ask('consent') } });
    document.body.replaceChildren();
    new ResizeObserver(tell).observe(document.body);
    new MutationObserver(tell).observe(document.body, { childList: true, subtree: true });
    await globalThis.extension();
  });
})();
