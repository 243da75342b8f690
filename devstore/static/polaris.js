// Stands in for Polaris: gives the s-* elements roles, keys and native controls. It defines no element, so the app's
// own stylesheet for the time before Polaris loads draws all of them.
"use strict";
(() => {
  const STYLE = `
    s-select:has(> .control) > :is(s-option, s-option-group) { display: none !important; }
    s-money-field:has(> .control)::after { content: none !important; }
    :is(s-text-field, s-number-field, s-money-field) > .affix { grid-row: 2; grid-column: 1; align-self: center; justify-self: end;
      padding: 0 12px; color: var(--ink-2, #616161); pointer-events: none; }
    :is(s-text-field, s-number-field, s-money-field) > .affix.before { justify-self: start; }
    :is(s-text-field, s-number-field, s-money-field):has(> .affix) > .control { grid-row: 2; grid-column: 1; }
    :is(s-number-field, s-money-field):has(> .affix.before) > .control { padding-left: 28px; }
    :is(s-number-field, s-money-field):has(> .affix:not(.before)) > .control { padding-right: 56px; }
    :is(s-text-field, s-number-field, s-money-field, s-date-field, s-search-field, s-text-area, s-select, s-email-field, s-url-field,
      s-password-field) > .control { width: 100%; min-width: 0; }
    s-search-field > .control { padding-left: 32px; background: #fdfdfd url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='16' height='16' fill='none' stroke='%23616161' stroke-width='1.5'%3E%3Ccircle cx='7' cy='7' r='4.5'/%3E%3Cpath d='m10.5 10.5 3.5 3.5'/%3E%3C/svg%3E") no-repeat 10px center; }
    :is(s-email-field, s-url-field, s-password-field):not(:defined) { display: grid; gap: 4px; }
    :is(s-email-field, s-url-field, s-password-field):not(:defined)::before { content: attr(label); }
    :is(s-checkbox, s-switch, s-choice):not(:defined) { display: block; }
    :is(s-checkbox, s-switch, s-choice)::before { content: none !important; }
    .choice { display: inline-flex; gap: 8px; align-items: center; min-height: 24px; cursor: pointer; }
    .choice > .control { flex: none; width: 16px; height: 16px; min-height: 0; margin: 0; padding: 0; accent-color: #303030; }
    s-choice-list:not(:defined) { display: grid; gap: 4px; }
    s-choice-list:not(:defined)::before { content: attr(label); }
    :is(s-modal, s-popover)[popover] { display: none !important; }
    :is(s-modal, s-popover)[popover]:popover-open { display: flex !important; flex-wrap: wrap; gap: 12px 8px; border: 0; color: inherit;
      background: #fff; border-radius: 12px; box-shadow: 0 20px 40px -8px rgba(0, 0, 0, .35); }
    s-modal[popover]:popover-open { inset: 0; margin: auto; width: min(620px, calc(100vw - 24px)); height: fit-content;
      max-height: calc(100vh - 24px); padding: 16px; overflow: auto; align-items: center; }
    s-popover[popover]:popover-open { padding: 12px; }
    s-modal[popover]::backdrop { background: rgba(0, 0, 0, .5); pointer-events: auto; }
    s-modal > * { flex: 0 0 100%; min-width: 0; }
    s-modal > .modal-heading { flex: 1 1 0; margin: 0; font-size: 14px; line-height: 20px; font-weight: 650; }
    s-modal > .modal-close { flex: none; width: 28px; height: 28px; border: 0; border-radius: 8px; background: none; font-size: 18px; cursor: pointer; }
    s-modal > [slot="secondary-actions"] { flex: none; order: 8; }
    s-modal > [slot="primary-action"] { flex: none; order: 9; margin-left: auto; }
    s-modal:has(> [slot="secondary-actions"]) > [slot="primary-action"] { margin-left: 0; }
    s-modal > [slot="secondary-actions"]:not([slot="secondary-actions"] ~ *) { margin-left: auto; }
    :is(s-button, s-link)[aria-busy="true"] { opacity: .6; }
  `;
  const TYPES = {
    "s-text-field": "text", "s-number-field": "number", "s-money-field": "number", "s-date-field": "date", "s-search-field": "search",
    "s-email-field": "email", "s-url-field": "url", "s-password-field": "password", "s-text-area": "textarea", "s-select": "select",
  };
  const ROLES = {
    "s-table": "table", "s-table-header-row": "row", "s-table-header": "columnheader", "s-table-body": "rowgroup",
    "s-table-row": "row", "s-table-cell": "cell", "s-unordered-list": "list", "s-ordered-list": "list",
    "s-list-item": "listitem", "s-divider": "separator", "s-button-group": "group",
  };
  const COPIED = ["placeholder", "min", "max", "step", "required", "readonly", "maxlength", "minlength", "autocomplete", "inputmode", "rows"];
  const WATCHED = ["value", "checked", "disabled", "loading", "error", "label", "heading", "max"];
  const tag = (element) => element.localName;
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const give = (element, name, value) => element.hasAttribute(name) || element.setAttribute(name, value);
  const control = (element) => element.querySelector(":scope > .control, :scope > .choice > .control");
  let serial = 0;
  const idOf = (element) => (element.id ||= `p-${++serial}`);

  // Fields -----------------------------------------------------------------

  function addField(element) {
    if (control(element)) return;
    const kind = TYPES[tag(element)];
    const native = document.createElement(kind === "textarea" || kind === "select" ? kind : "input");
    if (native.localName === "input") native.type = kind;
    native.className = "control";
    if (kind === "number") native.step = "any";
    for (const name of COPIED) if (element.hasAttribute(name)) native.setAttribute(name, element.getAttribute(name));
    if (kind === "select") addOptions(element, native);
    else native.defaultValue = element.getAttribute("value") ?? (kind === "textarea" ? element.textContent.trim() : "");
    addAffix(element, "prefix");
    element.prepend(native);
    addAffix(element, "suffix");
    finishField(element, native);
  }

  function addOptions(element, native) {
    const wanted = element.getAttribute("value");
    if (element.hasAttribute("placeholder")) native.append(new Option(element.getAttribute("placeholder"), ""));
    for (const option of element.querySelectorAll("s-option")) {
      const value = option.getAttribute("value") ?? option.textContent.trim();
      const chosen = wanted === null ? option.hasAttribute("selected") : value === wanted;
      const made = new Option(option.textContent.trim(), value, chosen, chosen);
      made.disabled = option.hasAttribute("disabled");
      native.append(made);
    }
  }

  function addAffix(element, name) {
    const text = element.getAttribute(name);
    if (!text) return;
    const span = document.createElement("span");
    span.className = name === "prefix" ? "affix before" : "affix";
    span.setAttribute("aria-hidden", "true");
    span.textContent = text;
    element.append(span);
  }

  function finishField(element, native) {
    if (element.hasAttribute("name")) native.name = element.getAttribute("name");
    native.disabled = element.hasAttribute("disabled");
    const words = [element.getAttribute("label") ?? element.getAttribute("accessibilitylabel"), element.getAttribute("suffix")];
    if (!native.closest("label")) set(native, "aria-label", words.filter(Boolean).join(", "));
    describe(element, native);
    for (const name of ["value", "checked"]) {
      if (!(name in native)) continue;
      Object.defineProperty(element, name, {
        configurable: true,
        get: () => native[name],
        set: (value) => (native[name] = value),
      });
    }
    element.addEventListener("click", (event) => event.target === element && native.focus());
  }

  function describe(element, native) {
    const error = element.getAttribute("error");
    let note = element.querySelector(':scope > [slot="error"]');
    if (error && !note) {
      note = document.createElement("span");
      note.slot = "error";
      element.append(note);
    }
    if (note && error !== null && note.textContent !== error) note.textContent = error;
    const notes = [...element.querySelectorAll(':scope > [slot="details"], :scope > [slot="error"]')];
    if (notes.length) native.setAttribute("aria-describedby", notes.map(idOf).join(" "));
    native.setAttribute("aria-invalid", String(Boolean(note?.textContent)));
  }

  function addChoice(element, type, name, checked) {
    if (control(element)) return;
    const label = document.createElement("label");
    const native = document.createElement("input");
    const text = document.createElement("span");
    label.className = "choice";
    native.className = "control";
    native.type = type;
    native.value = element.getAttribute("value") ?? "on";
    native.defaultChecked = checked;
    if (name) native.name = name;
    if (tag(element) === "s-switch") native.setAttribute("role", "switch");
    text.textContent = element.getAttribute("label") ?? element.getAttribute("accessibilitylabel") ?? "";
    if (tag(element) === "s-choice") text.append(...[...element.childNodes].filter((node) => !node.slot));
    label.append(native, text);
    element.prepend(label);
    finishField(element, native);
  }

  function addChoiceList(element) {
    set(element, "role", element.hasAttribute("multiple") ? "group" : "radiogroup");
    set(element, "aria-label", element.getAttribute("label") ?? "");
    const values = (element.getAttribute("values") ?? "").split(",");
    for (const choice of element.querySelectorAll("s-choice")) {
      const checked = choice.hasAttribute("selected") || (choice.hasAttribute("value") && values.includes(choice.getAttribute("value")));
      addChoice(choice, element.hasAttribute("multiple") ? "checkbox" : "radio", element.getAttribute("name") ?? idOf(element), checked);
    }
  }

  // Buttons and links --------------------------------------------------------

  function addButton(element) {
    const off = element.hasAttribute("disabled") || element.hasAttribute("loading");
    set(element, "role", element.hasAttribute("href") ? "link" : "button");
    set(element, "tabindex", off ? "-1" : "0");
    set(element, "aria-disabled", String(off));
    set(element, "aria-busy", String(element.hasAttribute("loading")));
    if (element.hasAttribute("accessibilitylabel")) set(element, "aria-label", element.getAttribute("accessibilitylabel"));
    if (element.hasAttribute("commandfor")) give(element, "aria-haspopup", "dialog");
  }

  const ACTIVE = "s-button, s-link, s-clickable";

  function pressed(event) {
    const element = event.target.closest?.(ACTIVE);
    if (!element || event.target.closest("button, input, select, textarea, a")) return;
    const link = element.getAttribute("role") === "link";
    if (event.key !== "Enter" && (event.key !== " " || link)) return;
    event.preventDefault();
    element.click();
  }

  function stopDisabled(event) {
    const element = event.target.closest?.(ACTIVE);
    if (element?.getAttribute("aria-disabled") !== "true") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  function clicked(event) {
    const element = event.target.closest?.(ACTIVE);
    if (!element || event.defaultPrevented) return;
    const target = document.getElementById(element.getAttribute("commandfor") ?? "");
    if (target) return command(target, element.getAttribute("command") ?? "--auto", element);
    if (element.hasAttribute("href")) return go(element);
    const form = document.getElementById(element.getAttribute("form") ?? "") ?? element.closest("form");
    if (element.getAttribute("type") === "submit") submit(form, element);
    if (element.getAttribute("type") === "reset") form?.reset();
  }

  function submit(form, element) {
    if (!form) return;
    const native = document.createElement("button");
    native.hidden = true;
    for (const name of ["name", "value", "formaction", "formmethod"]) {
      if (element.hasAttribute(name)) native.setAttribute(name, element.getAttribute(name));
    }
    form.append(native);
    form.requestSubmit(native);
    native.remove();
  }

  function go(element) {
    const href = element.getAttribute("href");
    const target = element.getAttribute("target") ?? "_self";
    if (target !== "_self") return window.open(href, target === "auto" ? "_blank" : target);
    const event = new CustomEvent("shopify:navigate", { bubbles: true, cancelable: true });
    if (element.dispatchEvent(event)) location.assign(href);
  }

  function entered(event) {
    const native = event.target;
    if (event.key !== "Enter" || !native.matches?.("input.control") || !native.form) return;
    event.preventDefault();
    const button = native.form.querySelector('s-button[type="submit"]');
    if (button) submit(native.form, button);
    else native.form.requestSubmit();
  }

  // Overlays -----------------------------------------------------------------

  function addOverlay(element) {
    element.setAttribute("popover", tag(element) === "s-modal" ? "manual" : "auto");
    element.setAttribute("role", "dialog");
    element.tabIndex = -1;
    if (tag(element) === "s-modal") dressModal(element);
    element.showOverlay = () => show(element, document.activeElement);
    element.hideOverlay = () => hide(element);
    element.toggleOverlay = () => (element.matches(":popover-open") ? hide(element) : show(element, document.activeElement));
  }

  function dressModal(element) {
    element.setAttribute("aria-modal", "true");
    const heading = document.createElement("h2");
    heading.className = "modal-heading";
    heading.textContent = element.getAttribute("heading") ?? element.getAttribute("accessibilitylabel") ?? "";
    const close = document.createElement("button");
    close.className = "modal-close";
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.textContent = "×";
    close.addEventListener("click", () => hide(element));
    element.prepend(heading, close);
    element.setAttribute("aria-labelledby", idOf(heading));
    element.addEventListener("keydown", (event) => trap(event, element));
    element.addEventListener("click", (event) => event.target === element && outside(event, element) && hide(element));
  }

  function outside(event, element) {
    const box = element.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  const FOCUSABLE = 'a[href], button, input:not([type="hidden"]), select, textarea, [tabindex="0"]';

  function trap(event, element) {
    if (event.key === "Escape") return hide(element);
    if (event.key !== "Tab") return;
    const stops = [...element.querySelectorAll(FOCUSABLE)].filter((each) => each.checkVisibility());
    const from = stops.indexOf(document.activeElement);
    event.preventDefault();
    stops[(from + (event.shiftKey ? -1 : 1) + stops.length) % stops.length]?.focus();
  }

  const openers = new WeakMap();

  function show(element, opener) {
    if (element.matches(":popover-open")) return;
    openers.set(element, opener);
    element.showPopover();
    const first = element.querySelector('.control, [slot="primary-action"]') ?? element;
    first.focus();
    element.dispatchEvent(new Event("show"));
  }

  function hide(element) {
    if (!element.matches(":popover-open")) return;
    element.hidePopover();
    openers.get(element)?.focus?.();
    element.dispatchEvent(new Event("hide"));
  }

  function command(element, name, opener) {
    const open = element.matches(":popover-open");
    if (name === "--hide" || (open && name !== "--show")) hide(element);
    else if (element.showOverlay) show(element, opener);
  }

  // Everything else ------------------------------------------------------------

  function addPage(element) {
    const heading = element.getAttribute("heading");
    if (!heading) return;
    let title = element.querySelector(":scope > h1");
    if (!title) {
      title = document.createElement("h1");
      title.className = "hidden";
      element.prepend(title);
    }
    if (title.textContent !== heading) title.textContent = heading;
  }

  function addRegion(element) {
    const label = element.getAttribute("heading") ?? element.getAttribute("accessibilitylabel");
    if (!label) return;
    set(element, "role", element.getAttribute("tone") === "critical" ? "alert" : "region");
    set(element, "aria-label", label);
  }

  function addProgress(element) {
    set(element, "role", "progressbar");
    set(element, "aria-valuemin", "0");
    set(element, "aria-valuemax", element.getAttribute("max") ?? "1");
    if (element.hasAttribute("value")) set(element, "aria-valuenow", element.getAttribute("value"));
    set(element, "aria-label", element.getAttribute("accessibilitylabel") ?? "Progress");
  }

  function addTable(element) {
    if (element.hasAttribute("accessibilitylabel")) set(element, "aria-label", element.getAttribute("accessibilitylabel"));
  }

  const ONCE = {
    "s-checkbox": (e) => addChoice(e, "checkbox", e.getAttribute("name"), e.hasAttribute("checked")),
    "s-switch": (e) => addChoice(e, "checkbox", e.getAttribute("name"), e.hasAttribute("checked")),
    "s-choice-list": addChoiceList,
    "s-modal": addOverlay,
    "s-popover": addOverlay,
    ...Object.fromEntries(Object.keys(TYPES).map((name) => [name, addField])),
  };
  const ALWAYS = {
    "s-button": addButton, "s-link": addButton, "s-clickable": addButton, "s-page": addPage, "s-section": addRegion,
    "s-banner": addRegion, "s-progress": addProgress, "s-table": addTable,
    "s-heading": (e) => (give(e, "role", "heading"), give(e, "aria-level", "3")),
    "s-spinner": (e) => (set(e, "role", "img"), set(e, "aria-label", e.getAttribute("accessibilitylabel") ?? "Loading")),
  };
  const done = new WeakSet();

  function dress(element) {
    const name = tag(element);
    if (!name.startsWith("s-")) return;
    if (ROLES[name]) give(element, "role", ROLES[name]);
    ALWAYS[name]?.(element);
    if (done.has(element) || !ONCE[name]) return;
    done.add(element);
    ONCE[name](element);
  }

  function sync(element, attribute) {
    const native = control(element);
    if (native && attribute === "value") native.value = element.getAttribute("value") ?? "";
    if (native && attribute === "checked") native.checked = element.hasAttribute("checked");
    if (native && attribute === "disabled") native.disabled = element.hasAttribute("disabled");
    if (native && attribute === "error") describe(element, native);
    ALWAYS[tag(element)]?.(element);
  }

  function changed(records) {
    for (const { type, target, attributeName, addedNodes } of records) {
      if (type === "attributes") {
        if (tag(target).startsWith("s-")) sync(target, attributeName);
        continue;
      }
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        dress(node);
        node.querySelectorAll("*").forEach(dress);
      }
    }
  }

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  new MutationObserver(changed).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: WATCHED,
  });
  document.querySelectorAll("*").forEach(dress);
  document.addEventListener("click", stopDisabled, true);
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
  document.addEventListener("keydown", entered);
})();
