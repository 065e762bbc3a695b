// Pictures that are not there yet. Material changes the address before it swaps the page: one that came near just
// then would be looked for beside the other page. So their addresses are made absolute as long as the page is theirs.

function absolute(candidates: string): string {
  return candidates.split(/,\s+/).map((candidate) => candidate.trim().replace(/^\S+/, (url) => new URL(url, document.baseURI).href)).join(", ");
}

export function pin(root: Document): void {
  for (const image of root.querySelectorAll<HTMLImageElement>("img[loading=lazy]")) {
    if (image.complete) continue;
    for (const source of image.closest("picture")?.querySelectorAll("source") ?? []) source.srcset = absolute(source.srcset);
    if (image.srcset !== "") image.srcset = absolute(image.srcset);
    image.src = image.src;
  }
}
