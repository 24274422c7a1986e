/* The search page: finds the sections and terms that hold all the words, the best first. The index is search-index.js. */
(() => {
  const results = document.querySelector("#search-results"),
    field = document.querySelector("main form.bd-search input");
  const asked = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  field.value = asked;
  field.focus();

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  /* The beginning of a word; a plural finds the singular. Chinese and Japanese have no gaps between words. */
  const pattern = (word) => {
    const stem = escaped(word.length > 4 ? word.replace(/(?<!s)s$/, "") : word);
    return new RegExp(/[\u3040-\u9fff]/.test(word) ? stem : `(?<![\\p{L}\\p{N}])${stem}`, "gu");
  };

  /** How well an entry answers: 0 if a word is nowhere in it; a title counts more than a text, a phrase more than words. */
  function score([address, title, page, names, text], phrase, patterns) {
    const heads = [title, ...names].map(plain),
      body = plain(text);
    let total = 0;
    for (const word of patterns) {
      const head = heads.some((h) => h.match(word)),
        count = (body.match(word) ?? []).length;
      if (!head && !count) return plain(page).match(word) && total ? total : 0;
      total += (head ? 20 : 0) + Math.min(count, 5);
    }
    const whole = pattern(phrase);
    if (heads.includes(phrase)) total += 100;
    else if (heads.some((h) => h.match(whole))) total += 40;
    else if (body.match(whole)) total += 15;
    return total + (address.includes("#") ? 0 : 5); // of two alike, the page
  }

  /** The words around the first hit, with the hits marked. */
  function excerpt(text, patterns) {
    const low = text.toLowerCase(),
      first = Math.min(...patterns.map((p) => low.search(p)).filter((at) => at >= 0), low.length);
    const from = first === low.length || first < 80 ? 0 : text.indexOf(" ", first - 80) + 1,
      part = text.slice(from, from + 240);
    const line = document.createElement("p");
    let at = 0;
    const hits = patterns.flatMap((p) => [...part.toLowerCase().matchAll(p)]).sort((a, b) => a.index - b.index);
    for (const hit of hits) {
      if (hit.index < at) continue;
      const mark = document.createElement("mark");
      mark.textContent = part.slice(hit.index, hit.index + hit[0].length);
      line.append(part.slice(at, hit.index), mark);
      at = hit.index + hit[0].length;
    }
    line.prepend(from ? "… " : "");
    line.append(part.slice(at), from + 240 < text.length ? " …" : "");
    return line;
  }

  function show() {
    const phrase = plain(asked),
      words = phrase.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    if (!words.length) return;
    const patterns = words.map(pattern);
    const found = course.index
      .map((entry) => [score(entry, words.join(" "), patterns), entry])
      .filter(([points]) => points > 0);
    found.sort(([a], [b]) => b - a);
    const list = document.createElement("ul");
    list.className = "search";
    for (const [, [address, title, page, , text]] of found.slice(0, 40)) {
      const item = document.createElement("li"),
        link = document.createElement("a"),
        where = document.createElement("span");
      Object.assign(link, { href: address, textContent: title });
      where.className = "search-page";
      where.textContent = title === page ? "" : page;
      item.append(link, where, excerpt(text, patterns));
      list.append(item);
    }
    const line = document.createElement("p");
    line.textContent = found.length
      ? `Search finished: ${found.length === 1 ? "one place" : `${found.length} places`} with “${asked}”.`
      : `Search finished: nothing in this book has “${asked}”. Try fewer or other words.`;
    results.replaceChildren(line, list);
  }
  show();
})();
