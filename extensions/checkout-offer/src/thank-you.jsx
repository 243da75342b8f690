import "@shopify/ui-extensions/preact";
import { showOffer } from "./show.jsx";

export default () => showOffer(shopify);
