/* Before the page is painted: the reader's colours, and the fonts of its text, without which its lines would move. */
{
  const root = document.documentElement,
    { src, dataset } = document.currentScript;
  let mode = "auto";
  try {
    mode = localStorage.getItem("mode") ?? mode;
  } catch {
    /* a browser may forbid to store anything */
  }
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : mode;
  for (const font of location.protocol === "file:" ? [] : dataset.fonts.split(" ")) {
    // from disk, browsers refuse it
    const link = Object.assign(document.createElement("link"), {
      rel: "preload",
      as: "font",
      type: "font/woff2",
      crossOrigin: "",
    });
    link.href = new URL(`${font}.woff2`, src).href;
    document.head.append(link);
  }
}
