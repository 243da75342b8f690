// Shows a visitor the list that is theirs, or none, says which, and lets the cart carry who saw it.
// The live list stands in the page already: without consent, script or an answer nothing changes.
(() => {
  const { carry, digest, report, visitor, whenAgreed } = window.shopmlopsVisitor;
  const BUCKETS = 10000;

  /**
   * FNV-1a, as pipelines/stats/assignment.py has it: both must put a visitor into the same bucket.
   * @param {string} text
   */
  const fnv = (text, state = 0x811c9dc5) => {
    for (const sign of text) state = Math.imul(state ^ Number(sign.codePointAt(0)), 0x01000193) >>> 0;
    return state;
  };
  /** @param {string} seed @param {string} unit */
  const bucket = (seed, unit) => (fnv(String(fnv(unit, fnv(seed)))) % BUCKETS) / BUCKETS;
  /** @param {string} seed @param {string} unit @param {number} weight in percent */
  const isNew = (seed, unit, weight) => weight > 0 && weight < 100 && bucket(seed, unit) < weight / 100;
  /** @param {string} seed @param {string} unit @param {number} share in percent */
  const isHeldOut = (seed, unit, share) => share > 0 && bucket(seed, unit) < share / 100;

  /**
   * What was told already in this visit, so that a page seen twice says so once.
   * @param {string} key
   */
  const isFirst = (key) => {
    if (sessionStorage.getItem(key)) return false;
    sessionStorage.setItem(key, '1');
    return true;
  };

  /**
   * Takes a block away without moving what a visitor sees: below the fold it goes, elsewhere its place stays empty.
   * @param {HTMLElement} block
   */
  const takeAway = (block) => {
    if (block.getBoundingClientRect().top >= window.innerHeight) block.hidden = true;
    else block.style.visibility = 'hidden';
  };

  /** @param {HTMLElement} block */
  const show = async (block) => {
    const { seed = '', useCase = '', proxy = '', holdOutSeed = '' } = block.dataset;
    const weight = Number(block.dataset.weight) || 0;
    const holdOut = Number(block.dataset.holdOut) || 0;
    const id = visitor();
    const unit = await digest(id);
    const other = /** @type {HTMLTemplateElement | null} */ (block.querySelector('template[data-shopmlops-other]'));
    // Where a product has no second list nobody is compared: its visitors saw what they would have seen anyway. Whoever
    // is held out says no more than the others, so that both are counted alike.
    const isCompared = !seed || !weight || other !== null;
    const sees = isHeldOut(holdOutSeed, unit, holdOut) ? 'nothing' : other && isNew(seed, unit, weight) ? 'new' : 'live';
    if (sees === 'nothing') takeAway(block);
    if (other && sees === 'new') block.querySelector('[data-slot]')?.replaceWith(other.content.cloneNode(true));
    block.dataset.shown = sees;
    const drawn = { seed, hold_out: String(holdOut), hold_out_seed: holdOutSeed };
    const told = `_shopmlops_shown:${Object.values(drawn).join(':')}:${weight}:${location.pathname}`;
    if (isCompared && isFirst(told)) report(proxy, { unit: id, ...drawn, shown: sees });
    if (isFirst('_shopmlops_cart')) carry(unit);
    block.addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a[data-product]') : null;
      if (!(link instanceof HTMLElement)) return;
      const about = { use_case: useCase, product: link.dataset.product, place: Number(link.dataset.place) };
      window.Shopify?.analytics?.publish?.('shopmlops:block_clicked', about);
    });
  };

  const start = async () => {
    if (window.Shopify?.designMode) return; // who arranges the page sees every block
    const under = [...document.querySelectorAll('[data-shopmlops-block]:not([data-shown])')].map(async (block) => {
      if (!(block instanceof HTMLElement)) return;
      block.dataset.shown = 'live';
      await show(block).catch(() => undefined);
    });
    await Promise.all(under);
  };

  window.shopmlopsBlock = { bucket, isHeldOut, isNew, start };
  whenAgreed(start);
})();
