/* Before the page is painted: the reader's colours, and the two fonts of its text, without which its lines would move. */
{
  const root = document.documentElement, here = document.currentScript.src;
  let mode = "auto";
  try { mode = localStorage.getItem("mode") ?? mode; } catch { /* a browser may forbid to store anything */ }
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : mode;
  if (location.protocol !== "file:") { // from disk, browsers refuse it
    for (const face of ["serif-4", "sans-3"]) {
      const href = new URL(`fonts/source-${face}-latin-wght-normal.woff2`, here).href;
      document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href }));
    }
  }
}
