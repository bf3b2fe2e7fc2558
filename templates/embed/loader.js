// <feed-widget src="URL"><a href="PAGE">link</a></feed-widget>: shows the widget at URL (.shadow.html)
// in a shadow root. Whatever goes wrong, the link stays visible and nothing is thrown.
// data-state: loading, ready or error; the event "feed-widget" tells the last two in its detail.
// It also makes iframes of ours (.frame.html) as high as they say they are.
(() => {
  const NAME = "feed-widget";
  const registry = window.customElements;
  if (!registry || registry.get(NAME)) return;
  const UNITS = [["day", 864e5], ["hour", 36e5], ["minute", 6e4]];
  const WEEK = 6048e5;
  const TAGS = /^(section|h[1-6]|ul|li|article|p|span|a|img|time|style|blockquote|details|summary)$/;
  const ATTRS = /^(class|part|id|lang|dir|role|href|rel|src|alt|width|height|loading|decoding|datetime|aria-\w+)$/;
  const HREF = /^(https?:\/\/|\/|mailto:|tel:)/i;

  // The allow-list runs on both paths: innerHTML lets handlers through, and setHTML exists where
  // a page may demand Trusted Types.
  function parse(html) {
    const template = document.createElement("template");
    if (template.setHTML) template.setHTML(html, { sanitizer: {} });
    else template.innerHTML = html; // inert until the loop below has run
    const body = template.content;
    for (const el of body.querySelectorAll("*")) {
      if (!TAGS.test(el.localName)) el.remove();
      for (const { name, value } of [...el.attributes]) {
        if (!ATTRS.test(name) || (/^(href|src)$/.test(name) && !HREF.test(value))) el.removeAttribute(name);
      }
    }
    return body;
  }

  // "1 day ago", only of the last seven days, in the language and digits of the date, whatever those
  // of the page and the browser are. The date stays in the title.
  function relativeTimes(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const age = Date.now() - new Date(time.dateTime);
      const unit = UNITS.find((one) => age >= one[1]);
      if (unit && age < WEEK) {
        const { lang } = time.closest("[lang]") || {};
        time.title = time.textContent;
        time.textContent = new Intl.RelativeTimeFormat(lang || undefined, { numberingSystem: "latn" }).format(-Math.trunc(age / unit[1]), unit[0]);
      }
    }
  }

  const frames = () => [...document.querySelectorAll('iframe[src$=".frame.html"]')];
  addEventListener("message", ({ data, origin, source }) => {
    const height = data && data.feedWidget;
    const frame = frames().find((one) => one.contentWindow === source && new URL(one.src).origin === origin);
    if (frame && Number.isInteger(height) && height > 0 && height <= 1e4) frame.height = height;
  });
  for (const frame of frames()) frame.contentWindow.postMessage(NAME, "*"); // that it says so again

  registry.define(NAME, class extends HTMLElement {
    async connectedCallback() {
      if (this.dataset.state) return; // moved, not new
      this.dataset.state = "loading";
      let state = "ready";
      try {
        let root = this.shadowRoot; // there already where the server sent the .dsd.html
        if (!root) {
          const answer = await fetch(this.getAttribute("src"),
            { credentials: "omit", priority: "low", signal: AbortSignal.timeout(8e3) });
          if (!answer.ok) throw 0;
          const body = parse(await answer.text());
          const style = body.querySelector("style");
          const sheet = new CSSStyleSheet(); // passes style-src 'self' without a nonce
          if (style) {
            sheet.replaceSync(style.textContent);
            style.remove();
          }
          if (!body.querySelector("section")) throw 0;
          root = this.attachShadow({ mode: "open" });
          root.adoptedStyleSheets = [sheet];
          root.append(body);
        }
        relativeTimes(root);
      } catch (e) {
        state = "error"; // the link stays visible
      }
      this.dataset.state = state;
      this.dispatchEvent(new CustomEvent(NAME, { bubbles: true, detail: state }));
    }
  });
})();
