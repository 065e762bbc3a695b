// The list of pages beside a page is longer than a window: scroll it, once, to where the reader is.

/** Bring the current page into view in the list, which alone moves; returns the clean-up. */
export function mount(page: Document): () => void {
  const here = page.querySelector<HTMLElement>(".bz-nav [aria-current=page]");
  const list = here?.closest<HTMLElement>(".md-sidebar__scrollwrap") ?? null;
  if (here === null || list === null) return () => {};
  // Its height is set by the theme, after this and whenever the window changes.
  const watcher = new ResizeObserver(() => {
    const [link, frame] = [here.getBoundingClientRect(), list.getBoundingClientRect()];
    if (frame.height === 0 || (link.bottom <= frame.bottom && link.top >= frame.top)) return;
    list.scrollTop += link.top - frame.top - frame.height / 2;
    if (list.scrollTop > 0) watcher.disconnect();
  });
  watcher.observe(list);
  return () => watcher.disconnect();
}
