/* A term's definition is shown beside its link: while that has the pointer or the focus, and on a first tap.
   A second tap follows the link; Escape hides the definition; the pointer may move onto it. */

(() => {
  const GAP = 6,
    PATIENCE = 200; // pixels; milliseconds to move the pointer from the link to the definition
  let shown = null,
    soon = 0;

  function hide() {
    clearTimeout(soon);
    shown?.classList.remove("shown");
    shown = null;
  }

  function show(link, definition) {
    hide();
    shown = definition;
    definition.classList.add("shown");
    document.querySelector("main").append(definition); // out of what would clip it
    const at = link.getClientRects()[0],
      { offsetWidth: width, offsetHeight: height } = definition;
    const above = at.bottom + GAP + height > innerHeight && at.top > height + GAP;
    const left = Math.max(GAP, Math.min(at.left, document.documentElement.clientWidth - width - GAP));
    const top = above ? at.top - height - GAP : at.bottom + GAP;
    const origin = definition.offsetParent.getBoundingClientRect();
    definition.style.left = `${left - origin.left}px`;
    definition.style.top = `${top - origin.top}px`;
  }

  function hideSoon() {
    clearTimeout(soon);
    soon = setTimeout(hide, PATIENCE);
  }

  for (const link of document.querySelectorAll("a.term")) {
    const definition = document.getElementById(`${link.hash.slice(1)}-definition`);
    if (!definition) continue;
    let firstTap = false;
    link.setAttribute("aria-describedby", definition.id);
    link.addEventListener("pointerdown", (event) => {
      firstTap = event.pointerType === "touch" && shown !== definition;
    });
    link.addEventListener("click", (event) => {
      if (firstTap) event.preventDefault();
      firstTap = false;
    });
    for (const event of ["mouseenter", "focus"]) link.addEventListener(event, () => show(link, definition));
    link.addEventListener("mouseleave", hideSoon);
    link.addEventListener("blur", hide);
    if (definition.getAttribute("role")) continue; // another link has prepared it
    definition.setAttribute("role", "tooltip");
    definition.addEventListener("mouseenter", () => clearTimeout(soon));
    definition.addEventListener("mouseleave", hideSoon);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".definition, a.term")) hide();
  });
})();
