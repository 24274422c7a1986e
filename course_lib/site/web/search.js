/* The search page: finds the sections, questions and terms that answer most of the words, the best first.
   The index is search-index.js. */
(() => {
  const results = document.querySelector("#search-results"),
    field = document.querySelector("main form.bd-search input");
  const asked = new URLSearchParams(location.search).get("q")?.trim() ?? "";
  field.value = asked;
  field.focus();

  // -- words

  const EASTERN = "\\p{Script=Han}\\p{Script=Hangul}\\p{Script=Hiragana}\\p{Script=Katakana}";
  const WORD = new RegExp(`[${EASTERN}]+|(?:(?![${EASTERN}])[\\p{L}\\p{N}])+`, "gu"),
    GAP = new RegExp(`(?<=[${EASTERN}])\\s+(?=[${EASTERN}])`, "gu"),
    LETTERS = new RegExp(`^[${EASTERN}]`, "u");
  /* They say that something is asked, and not what. */
  const EMPTY = new Set(
    `a an and any are as at be but by can could did do does doing done for from get go goes going had has have how i
    if in is it its many may me might much must my need of on or our s shall should so such t than that the then there
    these they this those to too use used using versus very vs was we were what when where which who why will with work
    works would you your`.split(/\s+/),
  );

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFC").toLowerCase();

  /** What the forms of a word have in common: of `normalisation` and `normalized` it is `normaliz`. */
  function stem(word) {
    const spelt = word.replace(/our/g, "or");
    if (spelt.length < 4) return spelt;
    const root = spelt
      .replace(/(?<=[^aius])s$/, "")
      .replace(/i[sz](e|ed|er|ing|ation)$/, "iz")
      .replace(/at(e|ed|ing|ion)$/, "at")
      .replace(/im(um|a)$/, "im")
      .replace(/(?<=[aeiouy].*.)(ing|ed|e)$/, "");
    return root.length < spelt.length ? root.replace(/([bdgmnprt])\1$/, "$1") : root;
  }

  /** The words of a text as stems. Chinese has no gaps and Korean has some at will: of them, all pairs of letters. */
  function stems(text) {
    const words = plain(text).replace(GAP, "").match(WORD) ?? [];
    const full = words.filter((word) => !EMPTY.has(word));
    return (full.length ? full : words).flatMap((word) => {
      if (!LETTERS.test(word)) return stem(word);
      const letters = [...word];
      return letters.length < 2 ? letters : letters.slice(1).map((letter, i) => letters[i] + letter);
    });
  }

  /** How well a word of the book is what was asked for: 1 if it is the same, less if it only begins so. */
  const same = (wanted, word) =>
    wanted === word ? 1 : wanted.length > 3 && word.startsWith(wanted) ? (wanted.length / word.length) ** 2 : 0;
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const inAll = (wanted, words) => Math.max(0, ...words.map((word) => same(wanted, word)));

  // -- places

  const LENGTH = 60; // words of a usual text
  const places = course.index.map(([address, title, page, names, text]) => ({
    ...{ address, title, page, text },
    heads: [title, ...names].map((name) => ({ name, words: stems(name) })),
    around: title === page ? [] : stems(page),
    body: stems(text),
  }));

  /** How well a place answers: the share of the question that it answers, where a rare word weighs more.
   *
   * It answers in its best name, the better, the less else that name says; in its text, the better, the more often; with
   * words that stand side by side; and a little by the title of its page. */
  function rate({ address, heads, around, body }, wanted, weights) {
    const share = (f) => sum(wanted.map((word, i) => weights[i] * f(word))) / sum(weights);
    const names = heads.map(({ words }) => {
      if (words.join("") === wanted.join("")) return 2; // `warm-up` is `warmup`
      const back =
        sum(words.map((word) => Math.max(0, ...wanted.map((w) => same(w, word))))) / Math.max(1, words.length);
      return share((word) => inAll(word, words)) * (0.3 + 0.7 * back);
    });
    const name = Math.max(...names),
      longer = 0.5 + (0.5 * body.length) / LENGTH;
    const count = new Map(wanted.map((word) => [word, sum(body.map((other) => same(word, other)))]));
    const pairs = wanted.slice(1).map((word, i) => [wanted[i], word]);
    const beside = ([a, b]) => body.some((word, at) => same(a, word) && same(b, body[at + 1] ?? ""));
    const everywhere = [...heads.flatMap(({ words }) => words), ...around];
    const covered = share((word) => +(count.get(word) > 0 || inAll(word, everywhere) > 0));
    const points =
      (address.includes("#") ? 2 : 2.2) * name + // of two alike, the page
      share((word) => count.get(word) / (count.get(word) + longer)) +
      0.3 * share((word) => inAll(word, around)) +
      (0.4 * pairs.filter(beside).length) / Math.max(1, pairs.length);
    return { points: covered * points, covered, name: heads[names.indexOf(name)].name };
  }

  /** The places that answer, the best first; and what was asked for and is in the book, the rarest first. */
  function find(question) {
    const words = [...new Set(stems(question))];
    const placesWith = (word) =>
      sum(places.map(({ heads, body }) => inAll(word, [...heads.flatMap((head) => head.words), ...body])));
    const counts = new Map(words.map((word) => [word, placesWith(word)]));
    const wanted = words.filter((word) => counts.get(word) > 0);
    if (!wanted.length) return { found: [], wanted };
    const weights = wanted.map((word) => Math.log(1 + places.length / counts.get(word)));
    const found = places.map((place) => ({ ...place, ...rate(place, wanted, weights) }));
    return {
      found: found.filter(({ covered }) => covered > 0.4).sort((a, b) => b.points - a.points),
      wanted: [...wanted].sort((a, b) => counts.get(a) - counts.get(b)),
    };
  }
  globalThis.course.find = find;

  // -- what is shown

  /** The words around the first hit of the rarest word, with all hits marked. */
  function excerpt(text, wanted) {
    const hits = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map(({ 0: word, index }) => ({
      ...{ word, index },
      rank: wanted.findIndex((w) => same(w, stem(plain(word)))),
    }));
    const marked = hits.filter(({ rank }) => rank >= 0),
      rarest = Math.min(...marked.map(({ rank }) => rank));
    const first = marked.find(({ rank }) => rank === rarest)?.index ?? 0,
      from = first < 80 ? 0 : text.indexOf(" ", first - 80) + 1,
      to = from + 240;
    const line = document.createElement("p");
    let at = from;
    line.append(from ? "… " : "");
    for (const { word, index } of marked) {
      if (index < from || index + word.length > to) continue;
      const mark = document.createElement("mark");
      mark.textContent = word;
      line.append(text.slice(at, index), mark);
      at = index + word.length;
    }
    line.append(text.slice(at, to), to < text.length ? " …" : "");
    return line;
  }

  const language = (name) => (/\p{Script=Hangul}/u.test(name) ? "ko" : /\p{Script=Han}/u.test(name) ? "zh-Hans" : "en");

  function show() {
    if (!stems(asked).length) return;
    const { found, wanted } = find(asked);
    const list = document.createElement("ul");
    list.className = "search";
    for (const { address, title, page, text, name } of found.slice(0, 40)) {
      const item = document.createElement("li"),
        link = document.createElement("a"),
        where = document.createElement("span"),
        also = document.createElement("span");
      Object.assign(link, { href: address, textContent: title });
      where.className = also.className = "search-page";
      where.textContent = title === page ? "" : page;
      Object.assign(also, { lang: language(name), textContent: `${stems(name)}` === `${stems(title)}` ? "" : name });
      item.append(link, where, also, excerpt(text, wanted));
      list.append(item);
    }
    const line = document.createElement("p");
    line.textContent = found.length
      ? `Search finished: ${found.length === 1 ? "one place" : `${found.length} places`} for “${asked}”.`
      : `Search finished: nothing in this book has “${asked}”. Try fewer or other words.`;
    results.replaceChildren(line, list);
  }
  show();
})();
