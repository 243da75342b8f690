// Draws the offer, or nothing at all: before there is one, nothing stands in its place.
import { render } from "preact";
import { useState } from "preact/hooks";
import { decline, offerFor, optOut, tellAccepted } from "./app.js";
import { digitsOf } from "./told.js";
/** @typedef {import("./types").Api} Api @typedef {import("./types").CheckoutApi} CheckoutApi @typedef {import("./types").Offer} Offer */

/** @param {Api} api */
export async function showOffer(api) {
  if (api.extension.editor) return render(<Sample api={api} />, document.body);
  const offer = await offerFor(api);
  if (offer) render(<OfferBlock api={api} offer={offer} />, document.body);
}

/** What a merchant sees who arranges the page. @param {{ api: Api }} props */
function Sample({ api }) {
  return (
    <s-section heading={api.i18n.translate("heading")}>
      <s-paragraph>{api.i18n.translate("sample")}</s-paragraph>
    </s-section>
  );
}

/** @param {{ api: Api, offer: Offer }} props */
function OfferBlock({ api, offer }) {
  const [said, say] = useState("");
  const [isGone, setGone] = useState(false);
  const t = api.i18n.translate;
  if (isGone) return null;
  const accepted = () => tellAccepted(api, offer.accept);
  const noThanks = () => (setGone(true), decline(api, offer.decision));
  const never = () => (setGone(true), optOut(api));
  return (
    <s-section heading={t("heading")}>
      <s-stack gap="base">
        {said ? (
          <s-stack accessibilityRole="status">
            <s-text>{said}</s-text>
          </s-stack>
        ) : (
          <>
            <s-paragraph>{offer.shown.message || wordsOf(api, offer)}</s-paragraph>
            <s-stack direction="inline" gap="base">
              <Choice api={api} offer={offer} accepted={accepted} say={say} />
              <s-button variant="secondary" onClick={noThanks}>
                {t("no_thanks")}
              </s-button>
            </s-stack>
          </>
        )}
        <s-link onClick={never}>{t("opt_out")}</s-link>
      </s-stack>
    </s-section>
  );
}

/**
 * What a shopper can do with an offer: nothing is done before it is pressed.
 * @param {{ api: Api, offer: Offer, accepted: () => void, say: (words: string) => void }} props
 */
function Choice({ api, offer: { shown, product }, accepted, say }) {
  const t = api.i18n.translate;
  const { code } = shown;
  if (code && canApply(api)) {
    const apply = async () => {
      const { type } = await api.applyDiscountCodeChange({ type: "addDiscountCode", code });
      if (type === "success") accepted();
      say(t(type === "success" ? "code_applied" : "code_refused", { code }));
    };
    return (
      <s-button variant="secondary" onClick={apply}>
        {t("apply", { code })}
      </s-button>
    );
  }
  if (code) {
    return (
      <>
        <s-clipboard-item id="offered-code" text={code} />
        <s-button variant="secondary" commandFor="offered-code" command="--copy" onClick={accepted}>
          {t("copy", { code })}
        </s-button>
      </>
    );
  }
  const address = product ? product.onlineStoreUrl : shown.kind === "free_shipping" ? api.shop.storefrontUrl : undefined;
  if (address) {
    return (
      <s-button variant="secondary" href={address} target="_blank" onClick={accepted}>
        {product ? t("see", { title: product.title }) : t("to_the_shop")}
      </s-button>
    );
  }
  const fine = () => (accepted(), say(t("noted")));
  return (
    <s-button variant="secondary" onClick={fine}>
      {t("fine")}
    </s-button>
  );
}

/** @param {Api} api @param {Offer} offer what the merchant's own words do not say */
function wordsOf(api, { shown, product }) {
  const t = api.i18n.translate;
  if (product) {
    const { amount, currencyCode } = product.priceRange.minVariantPrice;
    return t("product", { title: product.title, price: api.i18n.formatCurrency(Number(amount), { currency: currencyCode }) });
  }
  if (shown.kind === "free_shipping" && shown.threshold) {
    const { currencyCode: currency } = api.cost.subtotalAmount.value;
    return t("free_shipping", { amount: api.i18n.formatCurrency(shown.threshold / 10 ** digitsOf(currency), { currency }) });
  }
  return t(canApply(api) ? "code_now" : "code_later", { code: shown.code ?? "" });
}

/**
 * Tell whether a code can be used right here: in the checkout itself, unless the shopper pays by a short cut.
 * @param {Api} api
 * @returns {api is CheckoutApi}
 */
const canApply = (api) => "applyDiscountCodeChange" in api && api.instructions.value.discounts.canUpdateDiscountCodes;
