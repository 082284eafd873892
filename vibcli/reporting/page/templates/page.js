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
  document.addEventListener("pointerover", (event) => {
    const text = told(event.target);
    box.hidden = !text;
    box.textContent = text ?? "";
  });
  document.addEventListener("pointermove", (event) => {
    if (box.hidden) return;
    const { innerWidth, innerHeight } = window;
    box.style.left = `${Math.max(8, Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, Math.min(event.clientY + 14, innerHeight - box.offsetHeight - 8))}px`;
  });
  addEventListener("scroll", () => { box.hidden = true; }, { passive: true, capture: true });
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
  });
})();
