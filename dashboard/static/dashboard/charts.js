// Every chart stands in the page as SVG. Only who asks to explore one loads plotly, and the numbers behind it.
"use strict";
(() => {
  let bundle;
  const load = () => (bundle ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="plotly"]').content;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { bundle = undefined; reject(new Error("plotly was not loaded")); };
    document.head.append(script);
  }));

  const CONFIG = { displaylogo: false, responsive: true, showSendToCloud: false }; // what a shop sells goes to nobody's cloud

  const explore = async (button) => {
    const plot = button.closest("s-section").querySelector("[data-plotly]");
    button.setAttribute("loading", "");
    try {
      const [plotly, answer] = await Promise.all([load(), fetch(plot.dataset.plotly)]);
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      const { data, layout } = await answer.json();
      const canvas = document.createElement("div");
      canvas.className = "plotly-canvas";
      plot.replaceChildren(canvas);
      await plotly.newPlot(canvas, data, { ...layout, height: 300 }, CONFIG);
      button.remove();
    } catch {
      button.removeAttribute("loading");
      window.shopify?.toast?.show("The chart could not be loaded. Try again.", { isError: true });
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-explore]");
    if (button && !button.hasAttribute("loading")) explore(button);
  });
})();
