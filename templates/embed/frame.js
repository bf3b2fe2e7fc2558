// In the page for iframes: tells the page around it how high it is, whenever that changes or is asked.
(() => {
  const page = document.documentElement;
  const tell = () => parent.postMessage({ feedWidget: Math.ceil(page.getBoundingClientRect().height) }, "*");
  new ResizeObserver(tell).observe(page);
  addEventListener("message", tell);
})();
