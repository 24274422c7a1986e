/* What is due to be recalled, on the contents page: three things at most, asked once more. It is loaded when it is due.
   A question comes as its chapter asks it, with other numbers where its declaration has some; a bug becomes a question
   of the solution's line and wrong ones in its place. */
(() => {
  const course = globalThis.course;
  const MOST = 3,
    OPTIONS = 4,
    TITLES = [
      "",
      "One thing to recall · a minute",
      "Two things to recall · a minute",
      "Three things to recall · two minutes",
    ];

  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const inline = (text) =>
    text
      .split("`")
      .map((part, i) => (i % 2 ? `<code>${escaped(part)}</code>` : escaped(part)))
      .join("");
  const made = (tag, className, html = "") =>
    Object.assign(document.createElement(tag), { className, innerHTML: html });

  /** A number that hangs on a text alone, to shuffle by. */
  const hashed = (text) => {
    const sum = [...text].reduce((last, c) => Math.imul(last ^ c.charCodeAt(0), 16777619), 2166136261);
    return (sum ^ (sum >>> 13)) >>> 0;
  };

  // -- a bug as a question
  const patched = (source, [, old, mistake]) =>
    source
      .replace(old, () => mistake)
      .trimEnd()
      .split("\n");

  /** The lines that a wrong version has in the place of right ones: how many are alike before them, and after. */
  function changed(right, wrong) {
    const least = Math.min(right.length, wrong.length);
    let before = 0,
      after = 0;
    while (before < least && right[before] === wrong[before]) before++;
    while (after < least - before && right.at(-1 - after) === wrong.at(-1 - after)) after++;
    return { before, after };
  }
  /** How far in lines begin, the least of them. */
  const depth = (lines) => Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));

  /** The question that a known mistake in an exercise comes back as, {html, data}; null if the book has it no longer.
      thing: what is due: `mistakes` by name, `times` that it was recalled. */
  function ofBug(exercise, { page, name, mistakes, times }) {
    const known = exercise.mutants.filter(([one]) => mistakes.includes(one)),
      source = exercise.solution;
    if (!known.length) return null;
    const bug = known[times % known.length],
      right = source.trim().split("\n"),
      { before, after } = changed(right, patched(source, bug));
    const between = (lines) => lines.slice(before, lines.length - after),
      least = Math.min(depth(between(right)), depth(between(patched(source, bug))));
    const text = (lines) => lines.map((line) => line.slice(least)).join("\n");
    const versions = new Map([[text(between(right)), ""]]);
    /** Other mistakes in the same lines, others at each return. */
    const others = exercise.mutants
      .filter((one) => one !== bug)
      .sort((a, b) => hashed(times + a[0]) - hashed(times + b[0]));
    for (const one of [bug, ...others]) {
      const wrong = patched(source, one),
        at = changed(right, wrong),
        lines = between(wrong);
      const inside = at.before >= before && at.after >= after && depth(lines) >= least;
      if (inside && versions.size < OPTIONS && !versions.has(text(lines))) versions.set(text(lines), one[3]);
    }
    const texts = [...versions.keys()].sort((a, b) => hashed(times + name + a) - hashed(times + name + b)),
      answer = String(texts.indexOf(text(between(right))));
    const why = Object.fromEntries(
      texts.map((text, i) => [i, inline(versions.get(text) || `That was the mistake in your code: ${bug[3]}`)]),
    );
    const around = [
      ...right.slice(0, before),
      `${/^\s*/.exec(right[before] ?? "")[0]}…`,
      ...right.slice(right.length - after),
    ];
    const options = texts.map(
      (text, i) =>
        `<label class="cq-option" data-option="${i}"><input type="radio" name="answer" value="${i}">` +
        `<span>${text ? `<code>${escaped(text)}</code>` : "no line"}</span></label>`,
    );
    const html = `<form class="cq"><fieldset><legend><span class="cq-label">A mistake that was in your code</span>
${escaped(exercise.title)}: what stands in place of the dots?</legend>
<pre tabindex="0">${escaped(around.join("\n"))}</pre>
<div class="cq-options ca-lines">${options.join("")}</div></fieldset>
<p class="cq-actions"><button type="button" class="cq-do">Check</button>
<button type="button" class="cq-show" hidden>Show the answer</button></p>
<p class="cq-line" role="status"></p></form>`;
    return { html, data: { kind: "choose", page, name, record: "exercises", right: answer, why } };
  }

  // -- the box
  /** A due thing as a question, {html, data}; null if the book has it no longer. */
  async function question(box, thing) {
    const { page, kind, name, times } = thing;
    if (kind === "exercises") {
      await course.load(`${box.dataset.exercises}ex-${name}.js`);
      return ofBug(course.exercises[name], thing);
    }
    const script = box.dataset.scripts.split(" ").find((one) => one.includes(`/${page}.js?`));
    if (!script) return null;
    await course.load(script);
    const [asked, ...others] = course.asked[page][name] ?? [];
    return others[times % others.length] ?? asked ?? null;
  }

  /** Where a chapter has it, as a link; nothing if the page does not list that chapter. */
  function origin({ page, kind, name }) {
    const link = document.querySelector(`[data-progress="${page}"]`)?.closest("li").querySelector("a");
    if (!link) return "";
    const place = `#${kind === "exercises" ? "exercise" : "ask"}-${name}`;
    return `From <a href="${escaped(link.getAttribute("href") + place)}">${link.innerHTML}</a>`;
  }

  function ask(thing, { html, data }, noted) {
    const place = made("div", "ca-thing"),
      root = made("div", "course-question", `${html}<div class="cq-under"></div>`);
    root.dataset.kind = data.kind;
    place.append(root, made("p", "ca-origin", origin(thing)));
    course.question(root, data, noted);
    root.addEventListener("click", ({ target }) => {
      if (!target.closest("button") || root.dataset.state !== "answered") return;
      const line = root.querySelector(".cq-line");
      line.tabIndex = -1; // the button has gone
      line.focus({ preventScroll: true });
    });
    return place;
  }

  /** Fill the box with what is due; it stays hidden if that cannot be loaded. */
  course.recall = async (box) => {
    const things = [],
      open = new Set();
    for (const thing of course.again.due()) {
      if (things.length === MOST) break;
      let found;
      try {
        found = await question(box, thing);
      } catch {
        continue; // offline: another time
      }
      if (!found) course.again.forget(thing.key);
      else {
        open.add(thing.key);
        things.push(ask(thing, found, (right) => noted(thing, right)));
      }
    }
    const end = made("p", "ca-end");
    end.role = "status";
    function noted({ key }, right) {
      course.again.recalled(key, right);
      open.delete(key);
      if (open.size) return;
      const rest = course.again.due().length,
        { next } = course.again.waiting();
      const day = next && new Date(next).toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long" });
      end.textContent = rest ? "" : `That is all for today.${day ? ` The next comes back on ${day}.` : ""}`;
      if (!rest) return;
      const more = made("button", "ca-more", `${rest} more`);
      more.type = "button";
      more.addEventListener("click", async () => {
        await course.recall(box);
        box.querySelector("h3").focus();
      });
      end.append("Those are done. ", more);
    }
    const title = made("h3", "", TITLES[things.length]);
    Object.assign(title, { id: "again", tabIndex: -1 });
    box.replaceChildren(title, ...things, end);
    box.hidden = !things.length;
  };
  course.recall.ofBug = ofBug;
})();
