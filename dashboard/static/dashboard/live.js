// A live page is told by a stream that something changed, and fetches what did. Where the stream is cut it asks by
// itself; where nobody looks at it, it does neither.
"use strict";
(() => {
  let isOpen = false; // the stream: then nothing is asked for by the clock
  let isOwed = false; // what changed while somebody was typing

  const isStream = (element) => element?.id === "live";
  const isInUse = () =>
    document.querySelector("s-modal[open], dialog[open]") !== null ||
    document.activeElement?.matches?.("#page input, #page textarea, #page select") === true;

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
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement?.id === "changes") isOwed = true;
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
