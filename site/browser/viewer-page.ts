// The page on which a pasted address opens. The address is kept in the page's own, so that it can be shared.

import { checkAddress } from "./viewer/address.ts";
import { ViewerError } from "./viewer/failures.ts";
import { skeleton } from "./viewer/skeleton.ts";
import { fill } from "./viewer-launch.ts";

const NAME = "url";

/** Bring the form to life; an address that came with the page waits for the button like any other. */
export function mount(form: HTMLFormElement, colormaps: URL): () => void {
  const input = form.querySelector<HTMLInputElement>(`input[name=${NAME}]`);
  const said = form.querySelector<HTMLElement>("[data-bz-said]");
  if (input === null || said === null) return () => {};
  const abort = new AbortController();
  let close = (): void => {};

  const open = (address: URL): void => {
    close();
    said.textContent = "";
    input.value = address.href;
    const query = new URLSearchParams({ [NAME]: address.href });
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
    const parts = skeleton(address.pathname.split("/").filter((part) => part !== "").at(-1) ?? address.host);
    form.after(parts.root);
    form.scrollIntoView({ block: "start" });
    const stop = fill(parts, { address, first: null, stored: null, names: null, colormaps, chosen: open });
    close = () => {
      stop();
      parts.root.remove();
      close = () => {};
    };
    parts.close.addEventListener("click", () => {
      close();
      input.focus();
    });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      open(checkAddress(input.value));
    } catch (error) {
      if (!(error instanceof ViewerError)) throw error;
      close();
      said.textContent = `${error.message} ${error.remedy}`;
    }
  }, { signal: abort.signal });
  const shared = new URLSearchParams(location.search).get(NAME);
  if (shared !== null) {
    input.value = shared;
    said.textContent = "This address came with the link. Nothing has been asked of it yet: press Open if you trust it.";
  }
  form.hidden = false;
  return () => {
    abort.abort();
    close();
  };
}
