// Runs once. Material swaps pages without reloading and announces each one on `document$`.

import * as charts from "./chart-controls.ts";
import * as copy from "./copy.ts";
import * as event from "./event.ts";
import * as filter from "./filter.ts";
import * as hero from "./hero.ts";
import * as pictures from "./pictures.ts";
import * as selection from "./selection.ts";
import * as share from "./share.ts";
import * as sidebar from "./sidebar.ts";
import * as times from "./times.ts";
import * as viewerLaunch from "./viewer-launch.ts";
import * as viewerPage from "./viewer-page.ts";

declare global {
  interface Window {
    document$?: { subscribe(next: () => void): void };
  }
}

// Beside this module; written by the site's build from Matplotlib's.
const COLORMAPS = new URL("colormaps.json", import.meta.url);

let cleanUps: (() => void)[] = [];

function mountAll(): void {
  cleanUps.forEach((cleanUp) => cleanUp());
  // Material makes every address absolute; paper prints those of other sites only.
  for (const link of document.querySelectorAll<HTMLAnchorElement>("main a[href]")) link.classList.toggle("bz-inside", link.origin === location.origin);
  pictures.pin(document);
  cleanUps = [times.mount(document), sidebar.mount(document), copy.mountBlocks(document), charts.mount(document)];
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-bz-filter]")) cleanUps.push(filter.mount(form));
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-bz-copy]:not(.bz-copy--block)")) cleanUps.push(copy.mount(button));
  for (const box of document.querySelectorAll<HTMLElement>("[data-bz-event]")) cleanUps.push(event.mount(box));
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-bz-share]")) cleanUps.push(share.mount(button));
  for (const figure of document.querySelectorAll<HTMLElement>("[data-bz-hero]")) cleanUps.push(hero.mount(figure));
  for (const figure of document.querySelectorAll<HTMLElement>("[data-bz-try]")) cleanUps.push(selection.mount(figure));
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-bz-open]")) cleanUps.push(viewerLaunch.mount(button, COLORMAPS));
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-bz-viewer-page]")) cleanUps.push(viewerPage.mount(form, COLORMAPS));
}

if (window.document$ === undefined) mountAll();
else window.document$.subscribe(mountAll);
