// A live page is told by a stream that something changed, and fetches what did. Where the stream is cut it asks by
// itself; where nobody looks at it, it does neither.
"use strict";
(() => {
  let isOpen = false; // the stream: then nothing is asked for by the clock
  let isOwed = false; // what changed while somebody was typing

  const isStream = (element) => element?.id === "live";
  const dialogs = new Set(); // that are open
  const noteDialog = ({ target, type, newState }) => {
    if (!target.matches?.("s-modal, dialog")) return;
    if (type === "afterhide" || newState === "closed") dialogs.delete(target);
    else dialogs.add(target);
  };
  for (const name of ["toggle", "aftershow", "afterhide"]) document.addEventListener(name, noteDialog, true);
  const isInUse = () =>
    [...dialogs].some((each) => each.isConnected) ||
    Boolean(document.activeElement?.closest?.("#page form, #page input, #page textarea, #page select"));

  const mayAsk = (element, event) => {
    if (document.hidden && (event?.type === "every" || isStream(element))) return false;
    if (element.id !== "changes") return true;
    if (isInUse()) {
      isOwed = true;
      return false;
    }
    if (event?.type === "every" && isOpen && !isOwed) return false;
    isOwed = false;
    return true;
  };

  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement, sourceEvent } = event.detail.ctx;
    if (!mayAsk(sourceElement, sourceEvent)) event.preventDefault();
  });
  const isChanges = (event) => event.detail.ctx?.sourceElement?.id === "changes";
  document.addEventListener("htmx:error", (event) => {
    if (isChanges(event)) isOwed = true;
  });
  document.addEventListener("htmx:before:swap", (event) => {
    if (!isChanges(event) || event.detail.ctx.response.status < 400) return;
    event.preventDefault(); // a refusal is no part of a page
    isOwed = true;
  });

  document.addEventListener("visibilitychange", () => {
    const stream = document.getElementById("live");
    if (stream && !document.hidden) htmx.trigger(stream, "looked-at", {}, false); // a page that was loaded unseen
  });

  const note = (name, open) => document.addEventListener(name, (event) => {
    if (isStream(event.target)) isOpen = open;
  });
  note("htmx:after:sse:connection", true);
  for (const over of ["htmx:before:sse:connection", "htmx:sse:error", "htmx:sse:close"]) note(over, false);

  // Whoever had the focus in a part that was replaced gets it back at the same link or button.
  const nameOf = (element) => [element.localName, element.id, element.getAttribute("href"), element.textContent.trim()].join();
  let focus = null;
  document.addEventListener("htmx:before:swap", () => {
    const held = document.activeElement;
    focus = held?.closest?.(".contents") ? { part: held.closest(".contents").id, name: nameOf(held) } : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!focus || document.activeElement !== document.body) return;
    const part = document.getElementById(focus.part);
    [...(part?.querySelectorAll("a, s-link, s-button, summary") ?? [])].find((each) => nameOf(each) === focus.name)?.focus();
  });
})();
