/* The page for a wrong address, which answers at any depth: it asks for this script in its own folder, in that above it,
   and so on; the first that answers knows where the book is. */
(() => {
  const script = document.currentScript,
    root = new URL("..", script.src).href;
  if (document.documentElement.dataset.root) return;
  document.documentElement.dataset.root = root;
  for (const link of document.querySelectorAll("[data-to]")) link.setAttribute("href", root + link.dataset.to);
})();
