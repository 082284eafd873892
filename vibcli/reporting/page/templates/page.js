// Without this script titles show as the browser shows them, and what is folded stays so in print.
(() => {
  const box = document.createElement("div");
  box.className = "hint";
  box.hidden = true;
  box.setAttribute("aria-hidden", "true");
  document.body.append(box);
  const told = (target) => {
    const spot = target.closest?.("svg :has(> title), svg [data-title]");
    if (!spot) return null;
    const title = spot.querySelector(":scope > title");
    if (title) {
      spot.dataset.title = title.textContent;
      title.remove();
    }
    return spot.dataset.title;
  };
  const show = (event) => {
    const text = told(event.target);
    box.hidden = !text;
    if (!text) return;
    box.textContent = text;
    const within = (place, size, most) => Math.max(8, Math.min(place + 14, most - size - 8));
    box.style.left = `${within(event.clientX, box.offsetWidth, innerWidth)}px`;
    box.style.top = `${within(event.clientY, box.offsetHeight, innerHeight)}px`;
  };
  document.addEventListener("pointerover", show);
  document.addEventListener("pointermove", show);
  addEventListener("scroll", () => { box.hidden = true; }, { passive: true, capture: true });
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
  });
})();
