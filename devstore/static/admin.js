// The admin page around the app: answers App Bridge, follows the app's address, and works the developer bar.
"use strict";
(() => {
  const frame = document.querySelector("iframe[data-app]");
  const { shop, appOrigin, base } = document.body.dataset;
  const user = document.querySelector("[data-user]");
  const toasts = document.querySelector("[data-toasts]");
  const bar = document.querySelector("[data-save-bar]");
  const menu = document.querySelector("[data-app-nav]");

  const call = async (path, options) => {
    const answer = await fetch(path, options);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error ?? answer.statusText);
    return body;
  };
  const get = (path) => call(`/admin/${shop}/${path}?user=${user.value}`);
  const put = (path, body) => call(path, { method: "POST", body: JSON.stringify({ shop, ...body }) });
  const tell = (type, value) => frame?.contentWindow.postMessage({ bridge: 1, type, value }, appOrigin);

  // What App Bridge may ask -----------------------------------------------------
  const ANSWERS = {
    "id-token": async () => (await get("id-token")).id_token,
    launch: async () => (await get("launch")).params,
    user: async () => ({ accountAccess: user.value === "owner" ? "Account Owner" : "Limited Access" }),
    "scopes-query": () => get("scopes"),
    "scopes-request": requestScopes,
    "scopes-revoke": async (scopes) => ({ detail: await put(`/admin/${shop}/scopes`, { revoke: scopes }) }),
    leave: async () => {
      if (!confirm("Leave without saving?")) throw new Error("stay");
    },
  };
  const NOTES = { navigate, nav: showNav, toast: showToast, "toast-hide": hideToast, loading, "save-bar": showBar };

  window.addEventListener("message", async (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== appOrigin || !event.data?.bridge) return;
    const { type, value, id } = event.data;
    if (NOTES[type]) return NOTES[type](value);
    if (!ANSWERS[type]) return;
    const reply = { bridge: 1, type: "reply", id };
    try {
      reply.value = await ANSWERS[type](value);
    } catch (error) {
      reply.error = error.message;
    }
    frame.contentWindow.postMessage(reply, appOrigin);
  });

  function navigate({ path, title }) {
    history.replaceState(null, "", base + (path === "/" ? "" : path));
    if (title) document.title = title;
    markCurrent();
  }

  function markCurrent() {
    const here = location.pathname.slice(base.length) || "/";
    for (const link of document.querySelectorAll("nav a[data-path]")) {
      if (link.dataset.path === here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  function showNav(items) {
    const links = items.filter((item) => !item.home).map(({ path, label }) => {
      const link = document.createElement("a");
      link.href = base + path;
      link.dataset.path = path;
      link.textContent = label;
      return link;
    });
    menu.replaceChildren(...links);
    document.querySelector("[data-app-home]").dataset.path = items.find((item) => item.home)?.path ?? "/";
    markCurrent();
  }

  document.querySelector("nav").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-path]");
    if (!link || !frame || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    document.body.classList.remove("menu-open");
    if (bar.hidden) return tell("go", link.dataset.path);
    bar.classList.add("shake");
    setTimeout(() => bar.classList.remove("shake"), 400);
  });
  document.querySelector("[data-menu]").addEventListener("click", () => document.body.classList.toggle("menu-open"));

  function showToast({ message, isError, duration, id }) {
    const note = document.createElement("div");
    note.className = isError ? "toast error" : "toast";
    note.id = id;
    note.textContent = message;
    toasts.append(note);
    setTimeout(() => note.remove(), duration ?? 5000);
  }

  function hideToast(id) {
    document.getElementById(id)?.remove();
  }

  function loading(on) {
    document.body.classList.toggle("loading", Boolean(on));
  }

  function showBar(options) {
    bar.hidden = !options;
    bar.dataset.confirm = String(Boolean(options?.confirm));
  }
  bar.querySelector("[data-save]").addEventListener("click", () => tell("save"));
  bar.querySelector("[data-discard]").addEventListener("click", () => {
    if (bar.dataset.confirm !== "true" || confirm("Discard all unsaved changes?")) tell("discard");
  });

  async function requestScopes(scopes) {
    const dialog = document.querySelector("[data-scopes]");
    dialog.querySelector("ul").replaceChildren(...scopes.map((scope) => {
      const item = document.createElement("li");
      item.textContent = scope.replace("_", " ");
      return item;
    }));
    dialog.showModal();
    const choice = await new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
    const detail = choice === "grant" ? await put(`/admin/${shop}/scopes`, { grant: scopes }) : await get("scopes");
    const granted = scopes.every((scope) => detail.granted.includes(scope));
    return { result: granted ? "granted-all" : "declined-all", detail };
  }

  // The developer bar -----------------------------------------------------------
  user.addEventListener("change", () => {
    document.cookie = `devstore_user=${user.value}; path=/; SameSite=Strict`;
    location.reload();
  });
  document.querySelector(".developer").addEventListener("click", async (event) => {
    const button = event.target.closest("[data-lever]");
    if (!button) return;
    try {
      const said = await put(`/control/${button.dataset.lever}`, JSON.parse(button.dataset.body ?? "{}"));
      showToast({ message: `${button.textContent.trim()}: ${said.name ?? "done"}` });
    } catch (error) {
      showToast({ message: error.message, isError: true });
    }
  });
  document.querySelector(".developer").addEventListener("change", (event) => {
    const { knob } = event.target.dataset;
    if (knob) put("/control/knobs", { [knob]: event.target.checked ? 0.5 : 0 });
  });
  document.querySelector(".content").addEventListener("click", async (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    try {
      await put(`/control/${button.dataset.act}`, JSON.parse(button.dataset.body));
      location.reload();
    } catch (error) {
      showToast({ message: error.message, isError: true });
    }
  });
})();
