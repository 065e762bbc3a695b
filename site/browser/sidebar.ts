// The list of pages beside a page is longer than a window: scroll it to where the reader is.

/** Bring the current page into view in the list, which alone moves. */
export function mount(page: Document): () => void {
  const here = page.querySelector<HTMLElement>(".bz-nav [aria-current=page]");
  const list = here?.closest<HTMLElement>(".md-sidebar__scrollwrap");
  if (here !== null && list !== null && list !== undefined) {
    const [link, frame] = [here.getBoundingClientRect(), list.getBoundingClientRect()];
    if (link.bottom > frame.bottom || link.top < frame.top) list.scrollTop += link.top - frame.top - frame.height / 2;
  }
  return () => {};
}
