// What the pages need besides htmx: Polaris links and buttons travel as fetch, messages become toasts.
"use strict";
(() => {
  const PAGE = "#page";

  // App Bridge adds a fresh ID token to every fetch, so nothing in the app navigates by itself.
  const visit = async (href) => {
    await htmx.ajax("GET", href, { target: PAGE, select: PAGE, swap: "outerHTML", push: "true" });
    const place = document.getElementById(new URL(href, location.href).hash.slice(1));
    if (place) place.scrollIntoView({ block: "center" });
    else window.scrollTo(0, 0);
  };
  const download = (href) => htmx.ajax("GET", href, { target: PAGE, swap: "download" });

  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0);
  const isOurs = (element) => {
    const target = element.getAttribute("target");
    const { origin, protocol } = new URL(element.getAttribute("href"), location.href); // a blob's origin is ours, too
    return (!target || target === "_self") && origin === location.origin && protocol === location.protocol;
  };

  const follow = (event) => {
    const link = event.target.closest?.("s-link[href], s-button[href], a[download]");
    if (!link || link.hasAttribute("disabled") || !isPlain(event) || !isOurs(link)) return false;
    const href = link.getAttribute("href");
    if (link.hasAttribute("download")) download(href);
    else visit(href);
    return true;
  };

  // A button in a slot stands outside its form and names it.
  const submit = (event) => {
    const button = event.target.closest?.("s-button[data-form]");
    if (!button || button.hasAttribute("disabled")) return false;
    const form = document.getElementById(button.dataset.form);
    if (!form || !isComplete(form)) return true; // a dialog stays open with its error
    button.closest("s-modal")?.hideOverlay?.();
    form.requestSubmit();
    return true;
  };

  const focusOn = (field) => (field?.querySelector("input, textarea, select") || field)?.focus();
  const isEmpty = (form, field) => !String(new FormData(form).get(field.getAttribute("name")) ?? "").trim();
  const isComplete = (form) => {
    const needed = [...form.querySelectorAll("[required]")].filter((field) => field.localName.startsWith("s-"));
    for (const field of needed) field.setAttribute("error", isEmpty(form, field) ? field.dataset.missing || "Fill this in." : "");
    const first = needed.find((field) => isEmpty(form, field));
    focusOn(first);
    return !first;
  };
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.('[data-missing][error]:not([error=""])');
    if (field) field.setAttribute("error", "");
  });

  // Whoever presses Enter too early does no harm: a dialog opens on its first field, else on the way out.
  const calm = (event) => {
    const dialog = event.target;
    if (!dialog.matches?.("s-modal") || event.newState === "closed") return;
    focusOn(dialog.querySelector("s-text-area, s-text-field") || dialog.querySelector('[slot="secondary-actions"]'));
  };
  for (const opening of ["toggle", "aftershow"]) document.addEventListener(opening, calm, true);

  // Asking for more access is the merchant's own click; Shopify shows what is asked.
  const ask = async (button) => {
    const answer = await window.shopify?.scopes?.request?.(button.dataset.scopes.split(","));
    if (answer?.result !== "granted-all") return;
    shopify.toast.show("Allowed");
    setTimeout(() => visit(location.pathname), 1500); // Shopify tells the app by webhook
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("s-button[data-scopes]");
    if (button) ask(button);
  });

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || !(follow(event) || submit(event))) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  const tell = () => {
    for (const note of document.querySelectorAll("[data-toast]:not([data-shown])")) {
      note.dataset.shown = "";
      if (window.shopify?.toast) shopify.toast.show(note.dataset.toast);
      else delete note.dataset.shown;
    }
    const here = new URL(location.href);
    if (!here.searchParams.has("said")) return;
    here.searchParams.delete("said");
    history.replaceState(history.state, "", here.pathname + here.search + here.hash);
  };

  // An answer that is not one of our pages (signed out, a proxy's error) is loaded as a document.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx.select !== PAGE || ctx.text.includes('id="page"')) return;
    event.preventDefault();
    const page = new URL(ctx.request.method === "GET" ? ctx.request.action : location.href, location.href);
    for (const name of ["shop", "host"]) if (window.shopify?.config?.[name]) page.searchParams.set(name, shopify.config[name]);
    location.assign(page);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    tell();
    const wrong = document.querySelector(`${PAGE} form [error]:not([error=""])`);
    if (wrong) {
      wrong.scrollIntoView({ block: "center" });
      focusOn(wrong);
    } else if (event.detail.ctx.select === PAGE && !document.activeElement?.closest?.(PAGE)) {
      document.querySelector(PAGE)?.focus({ preventScroll: true });
    }
  });
  // What no form takes is not sent: the app hangs up on it before it could say why.
  const LARGEST_FILE = 4e6;
  const isTooLarge = (form) => [...form.querySelectorAll("input[type=file]")].some(({ files }) => files[0]?.size > LARGEST_FILE);
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.detail.ctx?.sourceElement?.closest?.("form");
    if (!form || !isTooLarge(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.shopify?.toast?.show("The file is larger than 4 MB. Send it in parts.", { isError: true });
  });
  const isQuiet = (event) => ["live", "changes", "progress"].includes(event.detail.ctx?.sourceElement?.id);
  document.addEventListener("htmx:before:request", (event) => isQuiet(event) || window.shopify?.loading?.(true));
  document.addEventListener("htmx:finally:request", () => window.shopify?.loading?.(false));
  document.addEventListener("htmx:error", (event) => {
    if (isQuiet(event)) return;
    window.shopify?.loading?.(false);
    window.shopify?.toast?.show("We could not reach the app. Try again.", { isError: true });
  });
  document.addEventListener("DOMContentLoaded", tell);
})();
