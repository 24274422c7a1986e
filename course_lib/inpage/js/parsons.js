/* Between the last hint and the solution: the solution's lines and two wrong ones, shuffled, to be put in order by mouse,
   finger or keyboard. What they make is checked as any answer is; it does not solve the exercise, which is to be written. */
(() => {
  const course = globalThis.course;
  const WRONG = 2, // lines of known mistakes among them
    FAR = 6, // pixels from which a press is a drag
    HOW =
      "The solution’s lines, and two wrong ones. Press a line to put it below the others, press it again to take it out; " +
      "drag it by its dots, or use the arrow keys, to move it.";

  const made = (tag, className, properties) => Object.assign(document.createElement(tag), { className, ...properties });
  /** A number that hangs on a text alone, to shuffle by: the same at every visit. */
  const hashed = (text) => {
    let sum = 2166136261;
    for (const c of text) sum = Math.imul(sum ^ c.charCodeAt(0), 16777619);
    return (sum ^ (sum >>> 13)) >>> 0;
  };

  /** What stands at the top, the solution's other lines, and the wrong ones. */
  function lines({ solution, mutants }) {
    const source = solution.trim(),
      [head, ...right] = source.split("\n"),
      all = [head, ...right];
    const wrong = new Map(); // the line that a mistake makes → its name
    for (const [name, old, mistake] of mutants) {
      const mistaken = solution
          .replace(old, () => mistake)
          .trim()
          .split("\n"),
        differ = all.flatMap((line, i) => (line === mistaken[i] ? [] : [i]));
      if (mistaken.length !== all.length || differ.length !== 1 || differ[0] === 0) continue;
      const line = mistaken[differ[0]];
      if (line.trim() && !all.includes(line) && !wrong.has(line)) wrong.set(line, name);
    }
    const chosen = [...wrong.keys()].sort((a, b) => hashed(source + a) - hashed(source + b)).slice(0, WRONG);
    return { head, right, wrong: chosen };
  }

  /** The lines as they are offered: in an order that is not the right one. */
  function shuffled({ right, wrong }) {
    const all = [...right, ...wrong];
    return all
      .map((line, i) => [hashed(`${i}${line}${all.length}`), line])
      .sort(([a], [b]) => a - b)
      .map(([, line]) => line);
  }

  /** Put the lines of an exercise on the page.
      below: the element behind which they stand; check: a promise of the result for a text. */
  course.parsons = (below, exercise, check) => {
    const { head, ...parts } = lines(exercise);
    const root = made("div", "ce-lines"),
      pool = made("ol", "cp-pool", { ariaLabel: "Lines to choose from" }),
      answer = made("ol", "cp-answer", { ariaLabel: "Your order" }),
      go = made("button", "cp-check", { type: "button", textContent: "Check the order" }),
      said = made("div", "ce-said"),
      live = made("p", "cp-live", { role: "status" });
    const actions = made("p", "ce-actions");
    said.ariaLive = "polite";
    actions.append(go);
    root.append(
      made("p", "cp-how", { textContent: HOW }),
      made("p", "cp-name", { textContent: "Lines" }),
      pool,
      made("p", "cp-name", { textContent: "Your order" }),
      made("pre", "cp-head", { textContent: head }),
      answer,
      actions,
      live,
      said,
    );

    const buttons = (list) => [...list.querySelectorAll("button")];
    /** Say where a line is by now. */
    function tell(button) {
      const list = button.closest("ol"),
        at = buttons(list).indexOf(button) + 1;
      live.textContent = list === pool ? "Taken out." : `Line ${at} of ${buttons(answer).length} in your order.`;
      said.toggleAttribute("data-earlier", said.childElementCount > 0);
    }
    function toggle(button) {
      const to = button.closest("ol") === pool ? answer : pool;
      to.append(button.parentNode);
      button.focus({ preventScroll: true });
      tell(button);
    }
    /** Move a line within its list; from the top of the answer it does not go out. */
    function step(button, by) {
      const item = button.parentNode,
        other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (other) other[by < 0 ? "before" : "after"](item);
      button.focus();
      tell(button);
    }

    for (const line of shuffled(parts)) {
      const item = made("li", ""),
        button = made("button", "cp-line", {
          type: "button",
          ariaDescription: "Press to put in or take out; arrow keys move it",
        });
      button.append(made("span", "cp-grip", { ariaHidden: "true" }), made("code", "", { textContent: line }));
      button.dataset.line = line;
      button.style.setProperty("--depth", line.search(/\S/)); // a line that is wrapped goes on further in
      item.append(button);
      pool.append(item);
    }

    // -- dragging: the container keeps the pointer, for a line that is moved in the page would lose it
    let dragged = null, // {button, id, x, y, moving}
      dropped = false;
    /** Put a line where the pointer is. */
    function follow({ clientY: y }) {
      const item = dragged.button.parentNode,
        { top, bottom } = answer.getBoundingClientRect();
      const list =
        y >= top && y <= Math.max(bottom, top + 40)
          ? answer
          : y < root.querySelector(".cp-head").getBoundingClientRect().top
            ? pool
            : null;
      if (!list) return;
      const next = [...list.children].find((one) => {
        const box = one.getBoundingClientRect();
        return one !== item && y < box.top + box.height / 2;
      });
      if (next ? next.previousElementSibling !== item : list.lastElementChild !== item)
        next ? next.before(item) : list.append(item);
    }
    root.addEventListener("pointerdown", (event) => {
      const button = event.target.closest(".cp-line");
      if (!button || event.button || (event.pointerType === "touch" && !event.target.closest(".cp-grip"))) return;
      dragged = { button, id: event.pointerId, x: event.clientX, y: event.clientY, moving: false };
    });
    root.addEventListener("pointermove", (event) => {
      if (!dragged || event.pointerId !== dragged.id) return;
      if (!dragged.moving && Math.hypot(event.clientX - dragged.x, event.clientY - dragged.y) < FAR) return;
      if (!dragged.moving) {
        dragged.moving = true;
        root.setPointerCapture(dragged.id);
        dragged.button.toggleAttribute("data-dragged", true);
      }
      follow(event);
    });
    function drop() {
      if (!dragged) return;
      const { button, moving } = dragged;
      dragged = null;
      button.removeAttribute("data-dragged");
      if (!moving) return;
      dropped = true;
      setTimeout(() => (dropped = false)); // the click that follows is of the drag
      tell(button);
    }
    for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, drop);

    root.addEventListener("click", ({ target }) => {
      const button = target.closest(".cp-line");
      if (button && !dropped) toggle(button);
    });
    root.addEventListener("keydown", (event) => {
      const button = event.target.closest(".cp-line"),
        by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!button || !by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      step(button, by);
    });

    // -- the verdict
    go.addEventListener("click", async () => {
      const chosen = buttons(answer).map((button) => button.dataset.line);
      if (!chosen.length) {
        live.textContent = "Put a line into your order first.";
        return;
      }
      if (go.ariaDisabled === "true") return;
      go.ariaDisabled = "true";
      try {
        const result = await check([head, ...chosen].join("\n") + "\n");
        said.innerHTML = result.html;
        for (const p of said.querySelectorAll("p")) if (p.textContent.startsWith("Stuck?")) p.remove(); // the hints are given
        said.removeAttribute("data-earlier");
        live.textContent = "";
        if (result.status === "PASS") {
          const idle = parts.right.filter((line) => line.trim() && !chosen.includes(line));
          if (idle.length) {
            const words = made("p", "cp-next", { textContent: "The book’s solution also has " });
            idle.forEach((line, i) => words.append(i ? " and " : "", made("code", "", { textContent: line.trim() })));
            words.append(idle.length > 1 ? ". It is right without them." : ". It is right without that line, too.");
            said.append(words);
          }
          said.append(made("p", "cp-next", { textContent: "Now write it yourself, in the editor above." }));
        }
      } catch (error) {
        said.replaceChildren(made("p", "", { textContent: error.message }));
      }
      go.ariaDisabled = "false";
      said.scrollIntoView({ block: "nearest" });
    });

    below.after(root);
    return root;
  };
  course.parsons.lines = lines;
  course.parsons.shuffled = shuffled;
})();
